// Holds the unlocked key, and does with it what the page asks for. The page cannot get at the key.
import { contentKey, keep, makeKey, open, readKeyFile, Refused, unlock, unlockKept, wrapFor } from "./crypto.js";
import * as device from "./device.js";
import { json, parts, post, release } from "./transfer.js";

let unlocked = null;
const running = new Map(); // what can be aborted, by its number

const mine = () => {
  if (!unlocked) {
    throw new Refused("locked");
  }
  return unlocked;
};

const opened = async (address, progress, signal) => {
  const envelope = await json(`${address}/envelope`, signal);
  (await contentKey(mine(), envelope)).fill(0); // before a long message is fetched in vain
  const sealed = await parts(address, envelope, progress, signal);
  try {
    return await open(mine(), envelope, sealed);
  } finally {
    release(sealed);
  }
};

// Gives one message to the keys that lack it. A message that was deleted meanwhile lacks nothing.
const given = async ({ address, keys }, known, token, signal) => {
  try {
    const raw = await contentKey(mine(), await json(`${address}/envelope`, signal));
    const fields = { csrf_token: token };
    try {
      for (const id of keys) {
        fields[`key-${id}`] = await wrapFor(known.get(id), raw);
      }
    } finally {
      raw.fill(0);
    }
    await post(`${address}/wrapped`, fields, signal);
    return "done";
  } catch (error) {
    if (error instanceof Refused && ["gone", "wrong-key", "damaged"].includes(error.code)) {
      return error.code;
    }
    throw error;
  }
};

// The server lists what is lacking: what was given already is not given again, and an aborted run goes on where it was.
const resealed = async ({ lacking, token, to }, progress, signal) => {
  const list = new URL(lacking, self.location);
  list.searchParams.set("mine", mine().id);
  const { keys, messages } = await json(list.href, signal);
  const known = new Map(keys.filter(({ id }) => !to || to.includes(id)).map((key) => [key.id, key]));
  const due = messages.map((each) => ({ ...each, keys: each.keys.filter((id) => known.has(id)) }))
    .filter((each) => each.keys.length);
  const result = { done: 0, gone: 0, failed: [] };
  for (const [number, message] of due.entries()) {
    progress(number, due.length);
    const how = await given(message, known, token, signal);
    if (how === "done" || how === "gone") {
      result[how]++;
    } else {
      result.failed.push({ address: message.address, code: how });
    }
  }
  progress(due.length, due.length);
  return result;
};

const keptHere = async (file, passphrase, { account, address }, signal) => {
  try {
    const { keys } = await json(address, signal);
    return await device.put(await keep(file, passphrase, account, keys[0]));
  } catch {
    return false;
  }
};

const WORK = {
  async unlock({ text, passphrase, keepFor }, progress, signal) {
    const file = readKeyFile(text);
    unlocked = await unlock(file, passphrase);
    return { id: unlocked.id, name: unlocked.name, kept: !!keepFor && await keptHere(file, passphrase, keepFor, signal) };
  },
  async restore({ account, address }, progress, signal) {
    const found = await device.get(account);
    if (!found) {
      return null;
    }
    const opens = await unlockKept(found, (await json(address, signal)).keys);
    if (!opens) {
      await device.remove(account); // the account's sessions were ended since: nothing will open it again
      return null;
    }
    unlocked = opens;
    return { id: opens.id, name: opens.name };
  },
  forget: ({ account }) => device.remove(account),
  open: ({ address }, progress, signal) => opened(address, progress, signal),
  makeKey: ({ name, passphrase }) => makeKey(name, passphrase),
  reseal: (given, progress, signal) => resealed(given, progress, signal),
};

self.addEventListener("message", async ({ data: { number, what, given } }) => {
  if (what === "abort") {
    running.get(number)?.abort();
    return;
  }
  const stop = new AbortController();
  running.set(number, stop);
  const progress = (done, of) => self.postMessage({ number, progress: [done, of] });
  try {
    const found = await WORK[what](given, progress, stop.signal);
    self.postMessage({ number, found }, found instanceof ArrayBuffer ? [found] : []);
  } catch (error) {
    self.postMessage({ number, refused: error instanceof Refused ? error.code : "failed" });
  } finally {
    running.delete(number);
  }
});
