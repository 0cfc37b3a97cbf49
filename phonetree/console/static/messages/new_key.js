// Makes a key in this browser. The private half leaves it only as a file that its passphrase wraps; the server gets the
// public half, once the file and the passphrase have been shown to open.
import { able, at, say, text } from "./page.js";
import { Refused } from "./refused.js";
import { Vault } from "./vault.js";

const vault = new Vault();
let made = null; // until it is sent: whoever leaves before has a file that opens nothing

// While a form's work goes on, its button cannot be pressed again.
async function busy(form, status, problem, words, work) {
  const button = form.querySelector("button");
  problem.hidden = button.disabled = true;
  status.textContent = words;
  try {
    await work();
  } catch (error) {
    say(problem, error);
  }
  button.disabled = false;
  status.textContent = "";
  if (!problem.hidden) {
    form.querySelector("[type=password]").focus();
  }
}

// Whose key it is, and of which day: "ana-lopez-2026-11-29.key.json".
function fileName(name) {
  const plain = name.normalize("NFKD").replace(/\p{M}/gu, "").replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "");
  const today = new Date();
  const day = [today.getFullYear(), today.getMonth() + 1, today.getDate()].map((part) => String(part).padStart(2, "0"));
  return `${plain.toLowerCase() || "my"}-${day.join("-")}.key.json`;
}

at("make").addEventListener("submit", (event) => {
  event.preventDefault();
  const [passphrase, again] = [at("passphrase").value, at("again").value];
  busy(event.target, at("making"), at("make-problem"), "The key is being made; this takes a few seconds ...", async () => {
    if (passphrase !== again) {
      throw new Refused("passphrases-differ");
    }
    made = await vault.makeKey(at("make").dataset.name, passphrase);
    at("passphrase").value = at("again").value = "";
    at("file").href = URL.createObjectURL(new Blob([made.file], { type: "application/json" }));
    at("file").download = fileName(at("make").dataset.name);
    at("make").hidden = true;
    at("save").hidden = false;
    at("save").focus();
  });
});

at("prove").addEventListener("submit", (event) => {
  event.preventDefault();
  const passphrase = at("typed").value;
  at("typed").value = "";
  busy(event.target, at("proving"), at("prove-problem"), "The file is being opened ...", async () => {
    const [file] = at("saved").files;
    const opened = await vault.unlock(await text(file), passphrase);
    if (opened.id !== made.id) {
      throw new Refused("another-file");
    }
    vault.lock();
    at("ask").elements.public.value = made.spki;
    made = null;
    at("ask").submit();
  });
});

addEventListener("beforeunload", (event) => {
  if (made) {
    event.preventDefault();
  }
});

if (able()) {
  at("make").hidden = false;
}
