// Opens a message as a browser does, by docs/engineers.md, "A sealed message". All bytes are base64.
async ({key, passphrase, iv, wrapped, sealed, id, left_at}) => {
  const bytes = text => Uint8Array.from(atob(text), each => each.charCodeAt(0));
  const text = new TextEncoder();
  const phrase = await crypto.subtle.importKey("raw", text.encode(passphrase), "PBKDF2", false, ["deriveKey"]);
  const kdf = {name: "PBKDF2", hash: "SHA-256", iterations: key.kdf.iterations, salt: bytes(key.kdf.salt)};
  const unlocking = await crypto.subtle.deriveKey(kdf, phrase, {name: "AES-GCM", length: 256}, false, ["decrypt"]);
  const lock = {name: "AES-GCM", iv: bytes(key.cipher.iv)};
  const pkcs8 = await crypto.subtle.decrypt(lock, unlocking, bytes(key.wrapped));
  const own = {name: "RSA-OAEP", hash: "SHA-256"};
  const mine = await crypto.subtle.importKey("pkcs8", pkcs8, own, false, ["decrypt"]);
  const content = await crypto.subtle.decrypt({name: "RSA-OAEP"}, mine, bytes(wrapped[key.id]));
  const opening = await crypto.subtle.importKey("raw", content, "AES-GCM", false, ["decrypt"]);

  const body = bytes(sealed);
  const header = format => text.encode(`phonetree sealed message ${format}\n`);
  const begins = format => header(format).every((each, place) => body[place] === each);
  const bound = (format, ...more) =>
    text.encode([`phonetree sealed message ${format}`, id, left_at, ...more].map(line => `${line}\n`).join(""));

  const pieces = [];
  if (begins(3)) {
    const size = 262144 + 16;
    for (let [number, place] = [0, header(3).length]; place < body.length; number++, place += size) {
      const own = bytes(iv);
      [24, 16, 8, 0].forEach((shift, at) => { own[8 + at] ^= number >>> shift & 255; });
      const last = place + size >= body.length ? "last" : "more";
      pieces.push([body.slice(place, place + size), {iv: own, additionalData: bound(3, number, last)}]);
    }
  } else if (begins(2)) {
    pieces.push([body.slice(header(2).length), {iv: bytes(iv), additionalData: bound(2)}]);
  } else {
    pieces.push([body, {iv: bytes(iv)}]);
  }
  try {
    const sound = await Promise.all(pieces.map(
      ([piece, how]) => crypto.subtle.decrypt({name: "AES-GCM", ...how}, opening, piece)));
    const whole = new Uint8Array(await new Blob(sound).arrayBuffer());
    return btoa(Array.from(whole, each => String.fromCharCode(each)).join(""));
  } catch (error) {
    return error.name;
  }
}
