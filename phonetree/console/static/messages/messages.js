// Listening to messages, and following what others do with them. Without it the list works, and nothing is opened.
import { Player } from "./player.js";
import { able, isUnlocked, lock, onLocked, restore, say, unlocked, vault } from "./unlock.js";

const EVERY_MS = 2000;
const SIGNED_OUT = "You were signed out, or may not hear messages any longer, so the key was locked. Load this page again "
  + "to sign in.";

const at = (id) => document.getElementById(id);
const list = at("list");
const open = at("open");
const can = able();
let player = null;
let opening = null;

async function listen(message) {
  close();
  const { address, left } = message.dataset;
  const mine = (opening = new AbortController());
  at("open-title").textContent = `Message of ${left}`;
  at("opening").textContent = "";
  at("opened").hidden = true;
  at("open-problem").hidden = true;
  open.hidden = false;
  try {
    await unlocked();
    if (mine.signal.aborted) {
      return;
    }
    at("opening").textContent = "The message is being fetched and opened ...";
    at("opened").hidden = false;
    at("opened").value = 0;
    open.scrollIntoView({ block: "nearest" });
    const sound = await vault.open(address, (done, all) => { at("opened").value = done / all; }, mine.signal);
    at("opening").textContent = "";
    at("opened").hidden = true;
    player = new Player(sound);
    at("player").replaceChildren(player.element);
    offerToSave(sound, address);
    at("player").querySelector("button").focus();
  } catch (error) {
    if (!mine.signal.aborted) {
      at("opening").textContent = "";
      at("opened").hidden = true;
      if (error.code === "signed-out") {
        signedOut();
        return;
      }
      say(at("open-problem"), error);
      open.focus();
    }
  }
}

function close() {
  opening?.abort();
  opening = null;
  player?.close();
  player = null;
  at("player").replaceChildren();
  at("save")?.remove();
  open.hidden = true;
}

// Only where a setting allows it: from then on the sound is a file that anybody can open.
function offerToSave(sound, address) {
  if (!("saves" in open.dataset)) {
    return;
  }
  const button = document.createElement("button");
  button.id = "save";
  button.type = "button";
  button.className = "btn btn-outline-secondary";
  button.textContent = "Save the sound, unsealed";
  button.addEventListener("click", () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([sound], { type: "audio/wav" }));
    link.download = `${address.split("/").pop().slice(0, 8)}.wav`;
    link.click();
    URL.revokeObjectURL(link.href);
  });
  at("open-buttons").prepend(button);
}

// -- the list

const messages = (page) => [...page.querySelectorAll("li.message")];
const state = (page) => page.querySelector("[data-state]").dataset.state;

// Puts a newer list in place of the one that is shown; a message that is as before stays, with all that is open in it.
function follow(newer) {
  at("away").hidden = true;
  if (state(newer) === state(list)) {
    return;
  }
  const focused = document.activeElement;
  const here = focused.closest?.("li.message")?.id;
  const before = new Map(messages(list).map((each) => [each.id, each]));
  for (const each of messages(newer)) {
    const same = before.get(each.id);
    if (same?.dataset.changes === each.dataset.changes) {
      each.replaceWith(same);
    }
  }
  list.replaceChildren(...newer.childNodes);
  show();
  if (here && document.activeElement !== focused) {
    (focused.isConnected ? focused : at(here)?.querySelector("button:not([hidden])"))?.focus();
  }
}

function show() {
  for (const button of list.querySelectorAll("[data-listen]")) {
    button.hidden = !can;
  }
}

const read = async (answer) => new DOMParser().parseFromString(await answer.text(), "text/html");

// Also while the page is hidden, if it plays or could play: whoever is signed out elsewhere is signed out here.
async function look() {
  if (document.visibilityState === "visible" || player || isUnlocked()) {
    try {
      const address = new URL(list.dataset.list, location);
      address.searchParams.set("state", state(list));
      const answer = await fetch(address);
      if (answer.redirected || answer.status === 401 || answer.status === 403) {
        signedOut();
      } else if (answer.status === 204) {
        at("away").hidden = true;
      } else if (answer.ok) {
        follow((await read(answer)).body);
      } else {
        lost();
      }
    } catch {
      lost();
    }
  }
  setTimeout(look, EVERY_MS);
}

function signedOut() {
  lock();
  lost(SIGNED_OUT);
}

function lost(text = "The server cannot be reached, so this list may be out of date.") {
  at("away").textContent = text;
  at("away").hidden = false;
}

list.addEventListener("click", (event) => {
  const button = event.target.closest("[data-listen]");
  if (button) {
    listen(button.closest("li.message"));
  }
});

// A claim and the like, without loading the page again: the key stays unlocked, and what plays goes on.
list.addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  try {
    const answer = await fetch(form.getAttribute("action"), { method: "POST", body: new URLSearchParams(new FormData(form)) });
    if (answer.status === 401 || answer.status === 403 || answer.url.includes("/sign-in")) {
      signedOut();
      return;
    }
    const page = await read(answer);
    const newer = page.getElementById("list");
    if (!newer) {
      lost(page.querySelector("main")?.textContent.trim().replace(/\s+/g, " "));
      return;
    }
    at("said").textContent = [...page.querySelectorAll("main > .alert-success")].map((each) => each.textContent).join(" ");
    at("said").hidden = !at("said").textContent;
    follow(newer);
  } catch {
    lost();
  }
});

at("close").addEventListener("click", close);
onLocked(close);
show();
if (can) {
  restore();
}
setTimeout(look, EVERY_MS);
