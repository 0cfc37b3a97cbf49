// What the pages share whose scripts open messages or make keys.
import { Refused } from "./refused.js";

export const at = (id) => document.getElementById(id);

export const made = (name, properties = {}, ...inside) => {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...inside);
  return element;
};

// What went wrong, in a place of the page; anything that is not one of ours is a mistake of this program, unless the page
// is older than the console.
export function say(place, error) {
  const ours = error instanceof Refused;
  const older = at("older")?.hidden === false && (!ours || error.code === "failed");
  const told = older ? new Refused("older") : error;
  place.textContent = ours || older ? told.message : `This went wrong: ${error.message}. Load the page again.`;
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
