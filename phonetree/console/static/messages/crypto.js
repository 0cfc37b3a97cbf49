// The keys and the messages of phonetree/mailbox, with WebCrypto alone; docs/engineers.md, "A sealed message", has the
// bytes. Nothing here asks the network or keeps anything. Bytes are base64 in envelopes and files.
import { Refused } from "./refused.js";

export { Refused };

const FORMAT = "phonetree sealing key 1";
const ROUNDS = 600_000;
const MOST_ROUNDS = 10_000_000; // a file that asks for more would keep the browser busy for minutes
const SHORTEST_PASSPHRASE = 12;
const LEAST_KEY_BITS = 3072;
const MOST_FILE_CHARACTERS = 65_536;
const SALT_BYTES = 16;
const IV_BYTES = 12;
const KEY_BYTES = 32;
const ID_CHARACTERS = 16;

const RSA = { name: "RSA-OAEP", hash: "SHA-256" };
const TEXT = new TextEncoder();
const header = (format) => TEXT.encode(`phonetree sealed message ${format}\n`);

// Of content, in each piece of format 3 but the last.
export const PIECE_BYTES = 262_144;

export const bytes = (text) => Uint8Array.from(atob(text), (each) => each.charCodeAt(0));

export const base64 = (data) => btoa(String.fromCharCode(...new Uint8Array(data)));

// Browsers offer WebCrypto to pages that came over https, and to this machine's own.
const subtle = () => {
  if (!globalThis.crypto?.subtle) {
    throw new Refused("no-crypto");
  }
  return crypto.subtle;
};

const digest = async (data) => {
  const found = new Uint8Array(await subtle().digest("SHA-256", data));
  return Array.from(found, (each) => each.toString(16).padStart(2, "0")).join("");
};

const keyId = async (spki) => (await digest(spki)).slice(0, ID_CHARACTERS);

// -- the private key's file

const wrappingKey = async (passphrase, salt, iterations, usage) => {
  const typed = await subtle().importKey("raw", TEXT.encode(passphrase), "PBKDF2", false, ["deriveKey"]);
  const kdf = { name: "PBKDF2", hash: "SHA-256", salt, iterations };
  return subtle().deriveKey(kdf, typed, { name: "AES-GCM", length: 256 }, false, [usage]);
};

// What is in the file, as far as it can be told without the passphrase.
export const readKeyFile = (text) => {
  try {
    const { format, name, id, kdf, cipher, wrapped } = JSON.parse(text.length > MOST_FILE_CHARACTERS ? "" : text);
    const [salt, iv] = [bytes(kdf.salt), bytes(cipher.iv)];
    const file = { id, name, rounds: kdf.iterations, salt, iv, wrapped: bytes(wrapped) };
    const known = format === FORMAT && kdf.name === "PBKDF2" && kdf.hash === "SHA-256" && cipher.name === "AES-GCM"
      && typeof name === "string" && /^[0-9a-f]{16}$/.test(id) && file.iv.length === IV_BYTES
      && Number.isInteger(file.rounds) && file.rounds >= 1 && file.rounds <= MOST_ROUNDS;
    if (known) {
      return file;
    }
  } catch {
    // not even the fields are there
  }
  throw new Refused("key-file");
};

const unwrapped = async (file, passphrase, extractable) => {
  const wrapping = await wrappingKey(passphrase, file.salt, file.rounds, "unwrapKey");
  const cipher = { name: "AES-GCM", iv: file.iv };
  try {
    return await subtle().unwrapKey("pkcs8", file.wrapped, wrapping, cipher, RSA, extractable, ["decrypt"]);
  } catch (error) {
    throw new Refused(error.name === "OperationError" ? "passphrase" : "key-file"); // else: no RSA key is in it
  }
};

// The key, to decrypt with and for nothing else: its bytes never are where a script could read them.
export const unlock = async (file, passphrase) =>
  ({ id: file.id, name: file.name, key: await unwrapped(file, passphrase, false) });

// -- a key that a device keeps, under a key that the server gives to its account alone

const keeping = (raw, usage) => subtle().importKey("raw", bytes(raw), "AES-GCM", false, [usage]);

const keptAs = (account, { id, name }, iv) =>
  ({ name: "AES-GCM", iv, additionalData: TEXT.encode(JSON.stringify(["phonetree kept key 1", account, id, name])) });

// What a device may keep of the key in a file. Only to be wrapped is the key one whose bytes can be had, and only here.
export const keep = async (file, passphrase, account, raw) => {
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
  const key = await unwrapped(file, passphrase, true);
  const wrapped = await subtle().wrapKey("pkcs8", key, await keeping(raw, "wrapKey"), keptAs(account, file, iv));
  return { account, id: file.id, name: file.name, iv, wrapped };
};

// The key that a device kept, or null if none of these keys of the server opens it.
export const unlockKept = async (kept, raws) => {
  for (const raw of raws) {
    try {
      const wrapping = await keeping(raw, "unwrapKey");
      const how = keptAs(kept.account, kept, kept.iv);
      const key = await subtle().unwrapKey("pkcs8", kept.wrapped, wrapping, how, RSA, false, ["decrypt"]);
      return { id: kept.id, name: kept.name, key };
    } catch (error) {
      if (error instanceof Refused) {
        throw error;
      }
    }
  }
  return null;
};

// The text as Python's json.dumps writes it, so that a file does not tell where it was made.
const written = (fields) => {
  const escaped = (each) => `\\u${each.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return `${JSON.stringify(fields, null, 1).replace(/[\u007f-\uffff]/g, escaped)}\n`;
};

export const makeKey = async (name, passphrase) => {
  if ([...passphrase].length < SHORTEST_PASSPHRASE) {
    throw new Refused("passphrase-short");
  }
  const size = { modulusLength: LEAST_KEY_BITS, publicExponent: new Uint8Array([1, 0, 1]) };
  const pair = await subtle().generateKey({ ...RSA, ...size }, true, ["encrypt", "decrypt"]);
  const spki = await subtle().exportKey("spki", pair.publicKey);
  const id = await keyId(spki);
  const salt = crypto.getRandomValues(new Uint8Array(SALT_BYTES));
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
  const wrapping = await wrappingKey(passphrase, salt, ROUNDS, "wrapKey");
  const wrapped = await subtle().wrapKey("pkcs8", pair.privateKey, wrapping, { name: "AES-GCM", iv });
  const file = written({
    format: FORMAT,
    name,
    id,
    kdf: { name: "PBKDF2", hash: "SHA-256", iterations: ROUNDS, salt: base64(salt) },
    cipher: { name: "AES-GCM", iv: base64(iv) },
    wrapped: base64(wrapped),
  });
  return { id, file, spki: base64(spki) };
};

// -- messages

// The content's key, 32 bytes. Whoever asks overwrites them after use.
export const contentKey = async (unlocked, envelope) => {
  const own = Object.hasOwn(envelope.wrapped, unlocked.id);
  const candidates = own ? [envelope.wrapped[unlocked.id]] : Object.values(envelope.wrapped); // the provider's own ids
  for (const each of candidates) {
    try {
      const raw = new Uint8Array(await subtle().decrypt({ name: "RSA-OAEP" }, unlocked.key, bytes(each)));
      if (raw.length === KEY_BYTES) {
        return raw;
      }
    } catch {
      // not for this key
    }
  }
  throw new Refused(own ? "damaged" : "wrong-key");
};

// The content's key for somebody else's public key. Its id is the beginning of its digest: what only bears the id of a
// key that somebody trusts gets nothing.
export const wrapFor = async ({ id, spki }, raw) => {
  try {
    const data = bytes(spki);
    const key = await subtle().importKey("spki", data, RSA, false, ["encrypt"]);
    if (await keyId(data) === id && key.algorithm.modulusLength >= LEAST_KEY_BITS) {
      return base64(await subtle().encrypt({ name: "RSA-OAEP" }, key, raw));
    }
  } catch (error) {
    if (error instanceof Refused) {
      throw error;
    }
  }
  throw new Refused("key-changed");
};

// The content's key, to open a message with and for nothing else.
export const opening = async (unlocked, envelope) => {
  const raw = await contentKey(unlocked, envelope);
  try {
    return await subtle().importKey("raw", raw, "AES-GCM", false, ["decrypt"]);
  } finally {
    raw.fill(0);
  }
};

const begins = (body, format) => header(format).every((each, place) => body[place] === each);

// Which message this is: what is sealed at another one, or at another moment, does not open.
const bound = (format, { message, left_at: leftAt }, ...more) =>
  TEXT.encode(["phonetree sealed message " + format, message, leftAt, ...more, ""].join("\n"));

// The sound of a message of format 1 or 2, after its tag was verified. The digest tells what was damaged on the way here
// from what was changed there.
export const open = async (key, envelope, sealed) => {
  if (sealed.byteLength !== envelope.size) {
    throw new Refused("damaged");
  }
  const body = new Uint8Array(sealed);
  const second = begins(body, 2);
  const how = { name: "AES-GCM" };
  if (second) {
    how.additionalData = bound(2, envelope);
  }
  try {
    how.iv = bytes(envelope.iv);
    return await subtle().decrypt(how, key, second ? body.subarray(header(2).length) : body);
  } catch {
    throw new Refused(await digest(sealed) === envelope.digest ? "swapped" : "damaged");
  }
};

const pieceIv = (envelope, number) => {
  const iv = new DataView(bytes(envelope.iv).buffer);
  const last = iv.byteLength - 4;
  iv.setUint32(last, iv.getUint32(last) ^ number);
  return iv;
};

// The sound in one piece of a message of format 3, after its tag was verified; or null for what is not this piece of this
// message. Every piece but the last is full.
export const openPiece = async (key, envelope, number, sealed) => {
  const body = new Uint8Array(sealed);
  if (number === 0 && !begins(body, 3)) {
    return null;
  }
  const last = number === envelope.parts - 1;
  try {
    const how = { name: "AES-GCM", iv: pieceIv(envelope, number) };
    how.additionalData = bound(3, envelope, number, last ? "last" : "more");
    const piece = await subtle().decrypt(how, key, number === 0 ? body.subarray(header(3).length) : body);
    return last || piece.byteLength === PIECE_BYTES ? piece : null;
  } catch {
    return null;
  }
};
