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

  const header = text.encode("phonetree sealed message 2\n");
  const body = bytes(sealed);
  const second = header.every((each, place) => body[place] === each);
  const how = {name: "AES-GCM", iv: bytes(iv)};
  if (second) {
    how.additionalData = text.encode(`phonetree sealed message 2\n${id}\n${left_at}\n`);
  }
  try {
    const sound = await crypto.subtle.decrypt(how, opening, second ? body.slice(header.length) : body);
    return btoa(String.fromCharCode(...new Uint8Array(sound)));
  } catch (error) {
    return error.name;
  }
}
