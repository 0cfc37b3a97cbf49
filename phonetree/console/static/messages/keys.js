// Seals older messages for the keys that do not open them yet, by whoever can open them.
import { json } from "./transfer.js";
import { able, say, unlocked, vault } from "./unlock.js";

const at = (id) => document.getElementById(id);
const section = at("reseal");
const { lacking } = section.dataset;
let running = null;

const messages = (number) => (number === 1 ? "One message" : `${number} messages`);
const fingerprint = (id) => id.match(/.{1,4}/g).join(" ");

at("start").addEventListener("click", async () => {
  at("reseal-problem").hidden = true;
  try {
    const { id } = await unlocked();
    const found = await json(`${lacking}?mine=${encodeURIComponent(id)}`);
    const all = found.messages.length;
    if (!all) {
      at("resealing").textContent = "Every message that your key opens is sealed for all keys.";
      return;
    }
    const owners = found.keys.map((key) => `${key.name} (${fingerprint(key.id)})`).join(", ");
    at("resealing").textContent = `${messages(all)} that you can open will be sealed for ${owners}, too.`;
    at("go").dataset.to = found.keys.map((key) => key.id).join(" ");
    at("go").hidden = false;
    at("go").focus();
  } catch (error) {
    say(at("reseal-problem"), error);
  }
});

at("go").addEventListener("click", async () => {
  running = new AbortController();
  at("start").hidden = at("go").hidden = true;
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
});

at("stop").addEventListener("click", () => running?.abort());

if (able()) {
  section.hidden = false;
}
