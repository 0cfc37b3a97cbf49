// A WAV file, cut into shorter ones that are played one after the other.

// A minute of what a telephone transmits, and four pieces of a sealed message: short messages are played in one, and of
// long ones little is in memory.
export const WINDOW_BYTES = 1_048_576;

// Formats in which every sample stands for itself: PCM, floats, A-law, mu-law, and "see below", which is one of these.
const CUTTABLE = [1, 3, 6, 7, 0xfffe];

// Where the sound begins, and its length; or null for what cannot be cut. A recording that was written while it went on
// has a length of 0, or one that is too long: then the sound goes on to the end of the file.
const layout = (head, size) => {
  const view = new DataView(head);
  const word = (place) => String.fromCharCode(...new Uint8Array(head, place, 4));
  if (head.byteLength < 12 || word(0) !== "RIFF" || word(8) !== "WAVE") {
    return null;
  }
  let format = null;
  for (let place = 12; place + 8 <= head.byteLength;) {
    const [name, told, begin] = [word(place), view.getUint32(place + 4, true), place + 8];
    const length = Math.min(told, size - begin);
    if (name === "data") {
      return format && { format, begin, length: length || size - begin };
    }
    if (name === "fmt " && length >= 16 && begin + length <= head.byteLength) {
      format = new Uint8Array(head.slice(begin, begin + length));
    }
    place = begin + told + told % 2;
  }
  return null;
};

const headed = (format, length) => {
  const before = 20 + format.length + 8;
  const view = new DataView(new ArrayBuffer(before));
  const write = (place, text) => [...text].forEach((each, at) => view.setUint8(place + at, each.charCodeAt(0)));
  write(0, "RIFF");
  view.setUint32(4, before - 8 + length, true);
  write(8, "WAVEfmt ");
  view.setUint32(16, format.length, true);
  new Uint8Array(view.buffer).set(format, 20);
  write(before - 8, "data");
  view.setUint32(before - 4, length, true);
  return new Uint8Array(view.buffer);
};

// How a file is cut, by how it begins and how many bytes it has: `seconds` of all together; the `number` of windows;
// which of them has a moment (`window`), and at which moment it `begins`; its `bytes` in the file, from and to; what is
// put before some of them to be a file of its own (`head`), and how long that plays (`lasts`). Null for what is no WAV,
// or one that cannot be cut.
export const cut = (head, size) => {
  const found = layout(head, size);
  if (!found) {
    return null;
  }
  const { format, begin } = found;
  const view = new DataView(format.buffer);
  const [kind, rate, frame] = [view.getUint16(0, true), view.getUint32(4, true), view.getUint16(12, true)];
  if (!CUTTABLE.includes(kind) || !rate || !frame || frame > WINDOW_BYTES / 2) {
    return null;
  }
  const whole = (bytes) => bytes - bytes % frame;
  const length = whole(found.length);
  const number = Math.max(1, Math.ceil((begin + length) / WINDOW_BYTES));
  // Windows begin where pieces do, so that none is opened for the sake of a few bytes.
  const first = (window) => (window === number ? length : whole(Math.max(0, window * WINDOW_BYTES - begin)));
  const lasts = (bytes) => whole(bytes) / frame / rate;
  return {
    seconds: lasts(length),
    number,
    window: (seconds) => Math.min(number - 1, Math.floor((begin + Math.round(seconds * rate) * frame) / WINDOW_BYTES)),
    begins: (window) => lasts(first(window)),
    bytes: (window) => [begin + first(window), begin + first(window + 1)],
    head: (bytes) => headed(format, whole(bytes)),
    lasts,
  };
};
