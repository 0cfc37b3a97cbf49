// A key, unlocked for as long as the page is open: from its file and passphrase, or kept by this browser.
import { at, say, text } from "./page.js";
import { json } from "./transfer.js";
import { Vault } from "./vault.js";

export const vault = new Vault();

const section = at("key");
const { account, device: address } = section.dataset;
const idleMs = 1000 * section.dataset.idle;
const LOOK_MS = 1000;
const others = new BroadcastChannel("phonetree key"); // the other tabs
const told = [];
const waiting = [];
let held = null;
let used = Date.now();

// The unlocked key, {id, name}; asks for it, if need be.
export function unlocked() {
  if (held) {
    return Promise.resolve(held);
  }
  section.hidden = false;
  section.scrollIntoView({ block: "nearest" });
  at("key-file").focus();
  return new Promise((resolve) => waiting.push(resolve));
}

// The key that this browser keeps, if it does.
export async function restore() {
  try {
    const kept = await vault.restore({ account, address });
    if (kept) {
      show(kept, true);
    }
  } catch {
    // the network is away: the key's file opens messages, too
  }
}

function show(key, kept, wanted = kept) {
  held = { ...key, kept };
  at("key-name").textContent = key.name;
  const until = wanted ? "This browser cannot keep it, only until you leave this page." : "Until you leave or reload this page.";
  at("how-long").textContent = kept ? "This browser keeps it." : until;
  at("lock").textContent = kept ? "Forget the key in this browser" : "Lock";
  at("locked").hidden = true;
  at("unlocked").hidden = false;
  section.hidden = false;
  at("forgotten").textContent = "";
  waiting.splice(0).forEach((resolve) => resolve(key));
  warn(key);
}

// Says that no admin approved the key yet, or that it was withdrawn: no message is sealed for it.
async function warn(key) {
  const asked = held;
  at("standing").hidden = true;
  try {
    const { standing } = await json(`${section.dataset.standing}?key=${encodeURIComponent(key.id)}`);
    at("standing").textContent = standing;
    at("standing").hidden = !standing || held !== asked;
  } catch {
    // whatever is asked for next says that the console does not answer
  }
}

at("unlock").addEventListener("submit", async (event) => {
  event.preventDefault();
  const [file] = at("key-file").files;
  const passphrase = at("passphrase").value;
  at("passphrase").value = "";
  at("unlock-problem").hidden = true;
  at("unlocking").textContent = "The key is being unlocked ...";
  try {
    const found = await vault.unlock(await text(file), passphrase, { keepFor: at("keep").checked ? { account, address } : undefined });
    show(found, found.kept, at("keep").checked);
  } catch (error) {
    say(at("unlock-problem"), error);
    at("passphrase").focus();
  }
  at("unlocking").textContent = "";
});

// Locks the key, in this page; a text says why, if it was not asked for here.
export function lock(text = "") {
  vault.lock();
  held = null;
  at("locked").hidden = false;
  at("unlocked").hidden = true;
  at("key-file").value = at("passphrase").value = "";
  at("keep").checked = false; // whoever unlocks next may be somebody else
  at("unlock-problem").textContent = text;
  at("unlock-problem").hidden = !text;
  told.forEach((each) => each());
}

export const isUnlocked = () => held !== null;

// What a page closes when the key is locked.
export const onLocked = (work) => told.push(work);

at("lock").addEventListener("click", async () => {
  const kept = held.kept;
  lock();
  others.postMessage(account);
  at(kept ? "your-key" : "key-file").focus();
  await vault.forget(account); // meanwhile a key may be unlocked again
  at("forgotten").textContent = kept && !held ? "This browser keeps the key no more." : "";
});

others.addEventListener("message", ({ data }) => {
  if (data === account) {
    lock("The key was locked in another tab.");
  }
});

// A page that nobody uses is locked as the server ends a session that nobody uses; a machine that slept was not used.
function idle() {
  if (held && Date.now() - used >= idleMs) {
    lock("The key was locked, because nobody used this page for a while.");
  }
}

for (const event of ["pointerdown", "keydown", "wheel", "visibilitychange"]) {
  document.addEventListener(event, () => {
    idle();
    used = Date.now();
  }, { capture: true, passive: true });
}
setInterval(idle, LOOK_MS);
