// A WAV file, cut into shorter ones that are played one after the other.

// Five minutes of what a telephone transmits: 8000 samples a second of two bytes.
export const MOST_BYTES = 4_800_000;

// Formats in which every sample stands for itself: PCM, floats, A-law, mu-law, and "see below", which is one of these.
const CUTTABLE = [1, 3, 6, 7, 0xfffe];

// Where the sound begins and ends, or null for what cannot be cut. A recording that was written while it went on has a
// length of 0, or one that is too long: then the sound goes on to the end of the file.
const layout = (sound) => {
  const view = new DataView(sound);
  const word = (place) => String.fromCharCode(...new Uint8Array(sound, place, 4));
  if (sound.byteLength < 12 || word(0) !== "RIFF" || word(8) !== "WAVE") {
    return null;
  }
  let format = null;
  for (let place = 12; place + 8 <= sound.byteLength;) {
    const [name, told, begin] = [word(place), view.getUint32(place + 4, true), place + 8];
    const length = Math.min(told, sound.byteLength - begin);
    if (name === "data") {
      return format && { format, begin, length: length || sound.byteLength - begin };
    }
    if (name === "fmt " && length >= 16) {
      format = new Uint8Array(sound, begin, length);
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

// How a file is cut: `seconds` of all together, `each` of a window, their `number`, and the pieces of bytes of one of
// them. Null for what is no WAV, or one that cannot be cut.
export const cut = (sound) => {
  const found = layout(sound);
  if (!found) {
    return null;
  }
  const { format, begin } = found;
  const view = new DataView(format.buffer, format.byteOffset);
  const [kind, rate, frame] = [view.getUint16(0, true), view.getUint32(4, true), view.getUint16(12, true)];
  if (!CUTTABLE.includes(kind) || !rate || !frame) {
    return null;
  }
  const length = found.length - found.length % frame;
  const most = MOST_BYTES - MOST_BYTES % frame;
  return {
    seconds: length / frame / rate,
    each: most / frame / rate,
    number: Math.max(1, Math.ceil(length / most)),
    pieces(number) {
      const first = number * most;
      const size = Math.min(most, length - first);
      return [headed(format, size), new Uint8Array(sound, begin + first, size)];
    },
  };
};
