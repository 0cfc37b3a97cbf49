// The page's side of worker.js. A page has one; what it is asked for ends well, or with a Refused, or as aborted.
import { Refused } from "./refused.js";
import { Pieces, Whole } from "./sound.js";

export class Vault {
  #worker = null;
  #waiting = new Map();
  #number = 0;

  // -> {id, name, kept}. With an {account, address} to keep it for, the key stays on this device: `kept` says whether it
  // could. At the address the server gives what it is wrapped with, to that account alone.
  unlock(text, passphrase, { keepFor } = {}) {
    const where = keepFor && { ...keepFor, address: new URL(keepFor.address, location).href };
    return this.#ask("unlock", { text, passphrase, keepFor: where });
  }

  // The key that this device keeps for an account -> {id, name} or null. One that the server's key does not open any
  // more is deleted.
  restore({ account, address }) {
    return this.#ask("restore", { account, address: new URL(address, location).href });
  }

  // Deletes it from this device -> whether nothing is left. What is unlocked stays so; see lock().
  forget(account) {
    return this.#ask("forget", { account });
  }

  // Ends the worker: the key and all it worked on are gone.
  lock() {
    this.#end("locked");
  }

  // A message -> its sound (sound.js). onProgress is told the bytes that are here, and all, of a message that is opened
  // as one.
  async open(address, onProgress, signal) {
    const found = await this.#ask("open", { address: new URL(address, location).href }, onProgress, signal);
    if (found.whole) {
      return new Whole(found.whole);
    }
    const { id } = found;
    const worker = this.#worker;
    const ask = async (numbers, onPiece, stop) => {
      if (worker !== this.#worker) {
        throw new Refused("locked");
      }
      const { pieces, problem } = await this.#ask("pieces", { id, numbers }, onPiece, stop);
      return { pieces, problem: problem && new Refused(problem) };
    };
    return new Pieces(found, ask, () => worker.postMessage({ number: ++this.#number, what: "close", given: { id } }));
  }

  // -> {id, file, spki}: the text of the private key's file, and the public key. Nothing is unlocked by it.
  makeKey(name, passphrase) {
    return this.#ask("makeKey", { name, passphrase });
  }

  // Gives access to messages -> {done, gone, failed: [{address, code}]}. `to` are the ids of the keys that somebody
  // looked at and wants to give access; without it, all that the server names.
  reseal({ lacking, token, to }, onProgress, signal) {
    return this.#ask("reseal", { lacking: new URL(lacking, location).href, token, to }, onProgress, signal);
  }

  async #ask(what, given, onProgress = () => {}, signal = undefined) {
    signal?.throwIfAborted();
    const worker = this.#started();
    const number = ++this.#number;
    const abort = () => {
      worker.postMessage({ number, what: "abort" });
      this.#waiting.get(number)?.reject(signal.reason);
    };
    signal?.addEventListener("abort", abort, { once: true });
    try {
      return await new Promise((resolve, reject) => {
        this.#waiting.set(number, { resolve, reject, onProgress });
        worker.postMessage({ number, what, given });
      });
    } finally {
      this.#waiting.delete(number);
      signal?.removeEventListener("abort", abort);
    }
  }

  #started() {
    if (!this.#worker) {
      this.#worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
      this.#worker.addEventListener("message", ({ data }) => this.#told(data));
      this.#worker.addEventListener("error", () => this.#end("network")); // its scripts did not come
    }
    return this.#worker;
  }

  #told({ number, progress, refused, found }) {
    const asked = this.#waiting.get(number);
    if (progress) {
      asked?.onProgress(...progress);
    } else if (refused) {
      asked?.reject(new Refused(refused));
    } else {
      asked?.resolve(found);
    }
  }

  #end(code) {
    this.#worker?.terminate();
    this.#worker = null;
    for (const { reject } of this.#waiting.values()) {
      reject(new Refused(code));
    }
  }
}
