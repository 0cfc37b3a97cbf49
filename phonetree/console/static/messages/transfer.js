// What is fetched from the console and sent to it. Each answer is the console's own: somebody who was signed out is
// sent to another page, which is not followed.
import { release } from "./memory.js";
import { Refused } from "./refused.js";

const PAUSES_MS = [300, 1500]; // before it is tried again
const AT_ONCE = 3;


const refusal = (answer) => {
  if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) {
    return new Refused("signed-out");
  }
  if (answer.status === 400) {
    return new Refused("out-of-date"); // the token of a form is of another session
  }
  return new Refused(answer.status === 404 || answer.status === 410 ? "gone" : "network");
};

const pause = (milliseconds, signal) => new Promise((resolve, reject) => {
  const end = () => {
    clearTimeout(timer);
    reject(signal.reason);
  };
  const timer = setTimeout(() => {
    signal.removeEventListener("abort", end);
    resolve();
  }, milliseconds);
  signal.addEventListener("abort", end, { once: true });
});

// The body of an answer, read in full: a connection that breaks off is a network that is away.
const asked = async (address, read, signal, more = {}) => {
  for (let tries = 0; ; tries++) {
    let refused = new Refused("network");
    try {
      const answer = await fetch(address, { ...more, redirect: "manual", cache: "no-store", signal });
      if (answer.ok) {
        return await read(answer);
      }
      refused = refusal(answer);
      if (answer.status < 500) {
        throw refused;
      }
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof Refused) {
        throw error;
      }
    }
    if (tries === PAUSES_MS.length) {
      throw refused;
    }
    await pause(PAUSES_MS[tries], signal);
  }
};

export const json = (address, signal = new AbortController().signal) => asked(address, (answer) => answer.json(), signal);

export const post = (address, fields, signal) =>
  asked(address, (answer) => answer.arrayBuffer(), signal, { method: "POST", body: new URLSearchParams(fields) });

// One of the sealed parts of a message. Each is a request of its own, so that a short one can be answered between.
export const part = (address, number, signal) =>
  asked(`${address}/parts/${number}`, (answer) => answer.arrayBuffer(), signal);

// Works for each of some numbers, a few at a time and in any order; ends with the first that fails.
export const lanes = async (numbers, work, signal) => {
  const stop = new AbortController();
  signal.addEventListener("abort", () => stop.abort(signal.reason), { once: true });
  let next = 0;
  const lane = async () => {
    while (next < numbers.length) {
      await work(numbers[next++], stop.signal);
    }
  };
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, lane));
  } catch (error) {
    stop.abort(); // the other lanes
    throw error;
  }
};

// All sealed bytes of a message, in one buffer.
export const parts = async (address, { size, parts: number }, onProgress, signal) => {
  let whole;
  try {
    whole = new Uint8Array(size);
  } catch {
    throw new Refused("memory");
  }
  const early = new Map(); // where a part belongs is known when those before it are there
  let [put, filled, arrived] = [0, 0, 0];
  await lanes([...Array(number).keys()], async (mine, stop) => {
    early.set(mine, await part(address, mine, stop));
    arrived += early.get(mine).byteLength;
    if (arrived > size) {
      throw new Refused("damaged");
    }
    for (; early.has(put); put++) {
      const found = early.get(put);
      whole.set(new Uint8Array(found), filled);
      filled += found.byteLength;
      early.delete(put);
      release(found);
    }
    onProgress(arrived, size);
  }, signal);
  return filled === size ? whole.buffer : whole.buffer.slice(0, filled);
};
