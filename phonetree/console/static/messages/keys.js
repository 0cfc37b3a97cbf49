// Seals older messages for the keys that do not open them yet, by whoever can open them.
import { able, at, say } from "./page.js";
import { json } from "./transfer.js";
import { restore, unlocked, vault } from "./unlock.js";

const section = at("reseal");
const { lacking } = section.dataset;
let running = null;
let mine = null; // the id of the key that is unlocked

const messages = (number) => (number === 1 ? "One message" : `${number} messages`);
const fingerprint = (id) => id.match(/.{1,4}/g).join(" ");

// What the key that is unlocked opens and others do not. The counts on the page are then as they are now.
async function asked() {
  const found = await json(`${lacking}?mine=${encodeURIComponent(mine)}`);
  for (const each of document.querySelectorAll("[data-opens]")) {
    each.textContent = `${found.opens[each.dataset.opens] ?? 0} of ${found.all}`;
  }
  return found;
}

function nothing({ all, opens, standing }) {
  if (!all) {
    return "There is no message.";
  }
  if (opens[mine]) {
    return "Every message that your key opens is sealed for all keys.";
  }
  return `Your key opens no message yet. ${standing || "Somebody whose key opens them can seal them for yours, on this page."}`;
}

at("start").addEventListener("click", async () => {
  at("reseal-problem").hidden = true;
  try {
    mine = (await unlocked()).id;
    const found = await asked();
    const all = found.messages.length;
    if (!all) {
      at("resealing").textContent = nothing(found);
      return;
    }
    const owners = found.keys.map((key) => `${key.name} (${fingerprint(key.id)})`).join(", ");
    at("resealing").textContent = `${messages(all)} that you can open will be sealed for ${owners}, too.`;
    at("go").dataset.to = found.keys.map((key) => key.id).join(" ");
    at("start").hidden = true;
    at("go").hidden = false;
    at("go").focus();
  } catch (error) {
    say(at("reseal-problem"), error);
  }
});

at("go").addEventListener("click", async () => {
  running = new AbortController();
  at("go").hidden = at("reseal-problem").hidden = true;
  at("stop").hidden = at("resealed").hidden = false;
  at("stop").focus();
  try {
    const token = section.querySelector("input[name=csrf_token]").value;
    const { done, failed } = await vault.reseal(
      { lacking, token, to: at("go").dataset.to.split(" ") },
      (now, all) => {
        at("resealed").value = now / all;
        at("resealing").textContent = `${now} of ${all} messages`;
      },
      running.signal,
    );
    const not = failed.length ? ` ${messages(failed.length)} did not open, and stay as they are.` : "";
    at("resealing").textContent = `${messages(done)} sealed for the other keys, too.${not}`;
  } catch (error) {
    if (running.signal.aborted) {
      at("resealing").textContent = "Stopped. What is done stays done; press the button again to go on.";
    } else {
      say(at("reseal-problem"), error);
    }
  }
  at("start").hidden = false;
  at("stop").hidden = at("resealed").hidden = true;
  at("start").focus();
  asked().catch(() => {}); // the counts; what went wrong is said already
});

at("stop").addEventListener("click", () => running?.abort());

if (able()) {
  section.hidden = false;
  restore();
}
