// What the pages share whose scripts open messages or make keys.
import { Refused } from "./refused.js";

export const at = (id) => document.getElementById(id);

// What went wrong, in a place of the page; anything that is not one of ours is a mistake of this program.
export function say(place, error) {
  place.textContent = error instanceof Refused ? error.message : `This went wrong: ${error.message}. Load the page again.`;
  place.hidden = false;
}

// What a file that was chosen says.
export async function text(file) {
  try {
    return await file.text();
  } catch {
    throw new Refused("file-moved");
  }
}

// Whether this browser can do it at all; says so on the page, if not.
export function able() {
  if (globalThis.isSecureContext && globalThis.crypto?.subtle) {
    return true;
  }
  say(at("cannot"), new Refused("no-crypto"));
  return false;
}
