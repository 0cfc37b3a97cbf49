// Holds the unlocked key, and does with it what the page asks for. The page cannot get at the key.
import {
  contentKey, keep, makeKey, open, opening, openPiece, PIECE_BYTES, readKeyFile, Refused, unlock, unlockKept, wrapFor,
} from "./crypto.js";
import * as device from "./device.js";
import { release } from "./memory.js";
import { json, lanes, part, parts, post } from "./transfer.js";

let unlocked = null;
const running = new Map(); // what can be aborted, by its number
const messages = new Map(); // those that are opened piece by piece: where each is, and its key

const mine = () => {
  if (!unlocked) {
    throw new Refused("locked");
  }
  return unlocked;
};

const WHOLE = 2; // the last format that is opened as one
const PIECES = 3;

const opened = async (address, number, progress, signal) => {
  const envelope = await json(`${address}/envelope`, signal);
  if (envelope.format > PIECES) {
    throw new Refused("newer");
  }
  const key = await opening(mine(), envelope); // before a long message is fetched in vain
  if (envelope.format <= WHOLE) {
    return { whole: await openedWhole(address, envelope, key, progress, signal) };
  }
  const message = { address, envelope, key };
  const ends = new Map();
  await lanes([...new Set([0, envelope.parts - 1])], async (which, stop) => {
    ends.set(which, await openedPiece(message, which, stop));
  }, signal);
  messages.set(number, message);
  return { id: number, first: ends.get(0), last: ends.get(envelope.parts - 1), number: envelope.parts, each: PIECE_BYTES };
};

const openedWhole = async (address, envelope, key, progress, signal) => {
  const sealed = await parts(address, envelope, progress, signal);
  try {
    return await open(key, envelope, sealed);
  } finally {
    release(sealed);
  }
};

const isDeleted = async (address, signal) => {
  try {
    await json(`${address}/envelope`, signal);
    return false;
  } catch (error) {
    if (error.code === "gone") {
      return true;
    }
    throw error;
  }
};

const sealedPiece = async ({ address }, number, signal) => {
  try {
    return await part(address, number, signal);
  } catch (error) {
    if (error.code === "gone" && !await isDeleted(address, signal)) {
      throw new Refused("swapped"); // the message is there, and this of it is not
    }
    throw error;
  }
};

const same = (one, other) => {
  const [these, those] = [new Uint8Array(one), new Uint8Array(other)];
  return these.length === those.length && these.every((each, place) => each === those[place]);
};

// What does not open is fetched once more: was it damaged on the way, or is it so in the database?
const openedPiece = async (message, number, signal) => {
  const tried = [];
  while (tried.length < 2) {
    const sealed = await sealedPiece(message, number, signal);
    const piece = await openPiece(message.key, message.envelope, number, sealed);
    if (piece) {
      [sealed, ...tried].forEach((each) => release(each));
      return piece;
    }
    tried.push(sealed);
  }
  throw new Refused(same(...tried) ? "swapped" : "damaged");
};

// Pieces of a message by their numbers, up to the first that cannot be had: what is before it is as it was left.
const pieces = async ({ id, numbers }, progress, signal) => {
  const message = messages.get(id);
  if (!message) {
    throw new Refused("locked");
  }
  const found = new Map();
  let [end, problem] = [numbers.length, null];
  const work = async (at, stop) => {
    if (at > end) {
      return;
    }
    try {
      found.set(at, await openedPiece(message, numbers[at], stop));
      progress(found.size, numbers.length);
    } catch (error) {
      stop.throwIfAborted();
      if (at < end) {
        [end, problem] = [at, error instanceof Refused ? error.code : "failed"];
      }
    }
  };
  await lanes([...numbers.keys()], work, signal);
  return { pieces: Array.from({ length: end }, (_, at) => found.get(at)), problem };
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
  open: ({ address }, progress, signal, number) => opened(address, number, progress, signal),
  pieces: (given, progress, signal) => pieces(given, progress, signal),
  close: ({ id }) => messages.delete(id),
  makeKey: ({ name, passphrase }) => makeKey(name, passphrase),
  reseal: (given, progress, signal) => resealed(given, progress, signal),
};

// What is handed over to the page, and not copied.
const sounds = (found) =>
  [...new Set([found?.whole, found?.first, found?.last, ...(found?.pieces ?? [])])].filter((each) => each);

self.addEventListener("message", async ({ data: { number, what, given } }) => {
  if (what === "abort") {
    running.get(number)?.abort();
    return;
  }
  const stop = new AbortController();
  running.set(number, stop);
  const progress = (done, of) => self.postMessage({ number, progress: [done, of] });
  try {
    const found = await WORK[what](given, progress, stop.signal, number);
    self.postMessage({ number, found }, sounds(found));
  } catch (error) {
    self.postMessage({ number, refused: error instanceof Refused ? error.code : "failed" });
  } finally {
    running.delete(number);
  }
});
