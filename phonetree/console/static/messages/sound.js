// The sound of an opened message. `head` is how it begins, `size` how many bytes it has. What is read of it are pieces of
// bytes one after the other, up to a `problem`, if there is one: a Refused. Whoever has read them lets go of them (`done`).
import { release } from "./memory.js";

const HEAD_BYTES = 262_144; // more than what stands before the sound in any file of a provider

// One that is whole in memory: messages of formats 1 and 2 open in no other way.
export class Whole {
  constructor(buffer) {
    this.buffer = buffer;
    this.size = buffer.byteLength;
    this.head = buffer.slice(0, HEAD_BYTES);
  }

  async read(from, to) {
    return { pieces: [new Uint8Array(this.buffer, from, to - from)], problem: null, done() {} };
  }

  close() {
    release(this.buffer);
    this.buffer = null;
  }
}

// One whose pieces are opened when they are read. The first and the last are here: with them it is known how long it is,
// and that nothing of its end is missing.
export class Pieces {
  #here = new Map();
  #number;
  #each;
  #ask;
  #end;

  // `ask` opens pieces by their numbers, `end` forgets the key of the message.
  constructor({ first, last, number, each }, ask, end) {
    this.head = first;
    this.size = (number - 1) * each + last.byteLength;
    [this.#number, this.#each, this.#ask, this.#end] = [number, each, ask, end];
    this.#here.set(0, first);
    this.#here.set(number - 1, last);
  }

  async read(from, to, onProgress, signal) {
    const [begin, end] = [Math.floor(from / this.#each), Math.min(this.#number, Math.ceil(to / this.#each))];
    const numbers = Array.from({ length: end - begin }, (_, at) => begin + at);
    const lacking = numbers.filter((number) => !this.#here.has(number));
    const had = numbers.length - lacking.length;
    onProgress?.(had, numbers.length);
    const found = lacking.length
      ? await this.#ask(lacking, (done) => onProgress?.(had + done, numbers.length), signal) : { pieces: [], problem: null };
    const opened = new Map(found.pieces.map((piece, at) => [lacking[at], piece]));
    const pieces = [];
    for (const number of numbers) {
      const piece = this.#here.get(number) ?? opened.get(number);
      if (!piece) {
        break;
      }
      const start = number * this.#each;
      const [first, last] = [Math.max(from - start, 0), Math.min(to - start, piece.byteLength)];
      pieces.push(new Uint8Array(piece, first, last - first));
    }
    return { pieces, problem: found.problem, done: () => found.pieces.forEach((piece) => release(piece)) };
  }

  close() {
    this.#end();
    this.#here.forEach((piece) => release(piece));
    this.#here.clear();
    this.head = null;
  }
}
