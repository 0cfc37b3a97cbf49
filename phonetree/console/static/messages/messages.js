// Listening to messages, and following what others do with them. Without it the list works, and nothing is opened.
import { refusal } from "../refusal.js";
import { able, at, made, say } from "./page.js";
import { Player } from "./player.js";
import { isUnlocked, lock, onLocked, restore, unlocked, vault } from "./unlock.js";
import { WINDOW_BYTES } from "./wav.js";

const EVERY_MS = 2000;
const SETTLE_MS = 600; // longer than between the two clicks of a double one
const SIGNED_OUT = "You were signed out, or may not hear messages any longer, so the key was locked. Load this page again "
  + "to sign in.";

const list = at("list");
const open = at("open");
const { scripts } = list.querySelector("[data-scripts]").dataset;
const can = able();
let player = null;
let opening = null;
let opened = ""; // the id of the row whose message is open
let settling = 0;
let token = null; // of the newest list: one that was there before somebody signed in again is not taken

async function listen(message) {
  close();
  opened = message.id;
  mark();
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
    const progress = (done, all) => { at("opened").value = done / all; };
    const sound = await vault.open(address, progress, mine.signal);
    player = new Player(sound, (problem) => (problem.code === "signed-out" ? signedOut() : undefined));
    await player.ready(progress);
    if (mine.signal.aborted) {
      return;
    }
    at("opening").textContent = "";
    at("opened").hidden = true;
    at("player").replaceChildren(player.element);
    offerToSave(sound, address);
    at("player").querySelector("button").focus();
  } catch (error) {
    if (!mine.signal.aborted) {
      player?.close();
      player = null;
      at("opening").textContent = "";
      at("opened").hidden = true;
      if (error.code === "signed-out") {
        signedOut();
        return;
      }
      say(at("open-problem"), error);
      if (error.code === "network") {
        offerAgain(message.id);
      } else {
        open.focus();
      }
    }
  }
}

// When the network is back.
function offerAgain(id) {
  const button = made("button", { type: "button", className: "btn btn-primary" }, "Try again");
  button.addEventListener("click", () => (at(id) ? listen(at(id)) : close()));
  at("player").replaceChildren(button);
  button.focus();
}

// Nothing is heard or fetched any more.
function silence() {
  opening?.abort();
  opening = null;
  player?.close();
  player = null;
  at("player").replaceChildren();
  at("save")?.remove();
  at("opening").textContent = "";
  at("opened").hidden = true;
}

function close() {
  silence();
  open.hidden = true;
  opened = "";
  mark();
}

// Which message is open, in the list; and what has become of it, beside the player.
function mark() {
  for (const each of messages(list)) {
    each.toggleAttribute("aria-current", each.id === opened);
  }
  const row = opened && at(opened);
  const gone = !row || row.dataset.changes === GONE;
  at("open-state").textContent = row ? row.querySelector(".state").textContent : "It is not in the list any more.";
  at("open-row").href = `#${opened}`;
  at("open-row").hidden = gone;
  offer(row);
  if (opened && gone) {
    silence();
  }
}

// What can be done with the open message stands beside its player, too: the same forms as in the list.
function offer(row) {
  const place = at("open-forms");
  const forms = row ? row.querySelectorAll(":scope > .buttons > form, :scope > .buttons > details") : [];
  const pressed = place.contains(document.activeElement);
  place.replaceChildren(...[...forms].map((form) => form.cloneNode(true)));
  if (pressed) {
    (place.querySelector("button") ?? at("close")).focus();
  }
}

// Only where a setting allows it: from then on the sound is a file that anybody can open.
function offerToSave(sound, address) {
  if (!("saves" in open.dataset)) {
    return;
  }
  const properties = { id: "save", type: "button", className: "btn btn-outline-secondary" };
  const button = made("button", properties, "Save the sound, unsealed");
  button.addEventListener("click", () => save(sound, address, opening.signal));
  at("open-buttons").prepend(button);
}

// All of it has to be fetched; each minute that is opened goes to the browser's own process, out of the page's memory.
async function save(sound, address, signal) {
  at("open-problem").hidden = true;
  at("opening").textContent = "The message is being fetched and opened, to save it ...";
  at("opened").hidden = false;
  try {
    const minutes = [];
    for (let from = 0; from < sound.size; from += WINDOW_BYTES) {
      at("opened").value = from / sound.size;
      const to = Math.min(from + WINDOW_BYTES, sound.size);
      const { pieces, problem, done } = await sound.read(from, to, undefined, signal);
      if (problem) {
        throw problem;
      }
      minutes.push(new Blob(pieces));
      done();
    }
    const href = URL.createObjectURL(new Blob(minutes, { type: "audio/wav" }));
    const link = made("a", { href, download: `${address.split("/").pop().slice(0, 8)}.wav` });
    link.click();
    URL.revokeObjectURL(link.href);
  } catch (error) {
    if (!signal.aborted) {
      say(at("open-problem"), error);
    }
  }
  if (!signal.aborted) {
    at("opening").textContent = "";
    at("opened").hidden = true;
  }
}

// -- the list

const messages = (page) => [...page.querySelectorAll("li.message")];
const state = (page) => page.querySelector("[data-state]").dataset.state;

const GONE = "gone";

// A message that is gone, where it was.
function gone(message) {
  const [row, left] = [message.cloneNode(false), message.dataset.left];
  row.dataset.changes = GONE;
  row.innerHTML = '<p><b></b><br><span class="state">Deleted by a colleague</span></p>';
  row.querySelector("b").textContent = left[0].toUpperCase() + left.slice(1);
  return row;
}

// What others do moves no message, so that nobody presses the button of another one than they meant: new ones come last,
// and one that was handled or deleted stays where it was, saying so.
function keepPlaces(newer) {
  const there = newer.querySelector("#waiting-rows");
  const rows = new Map(messages(newer).map((each) => [each.id, each]));
  const before = [...list.querySelectorAll("#waiting-rows > li")];
  const kept = before.map((each) => rows.get(each.id) ?? gone(each));
  const more = [...there.children].filter((each) => !kept.includes(each));
  there.replaceChildren(...kept, ...more);
  const others = newer.querySelector("#handled")?.closest("section");
  if (others && !others.querySelector("li, a")) {
    others.remove(); // what was handled is all above
  }
}

// Puts a newer list in place of the one that is shown; a message that is as before stays, with all that is open in it.
function follow(newer, { moves = false } = {}) {
  at("away").hidden = true;
  const whose = newer.querySelector("[data-account]")?.dataset.account;
  if (whose && whose !== at("key").dataset.account) {
    lock();
    lost("Somebody else is signed in in this browser now. Load this page again.");
    return;
  }
  // The worker, if it does not run yet, would be the console's, and not the one that belongs to this page.
  at("older").hidden &&= newer.querySelector("[data-scripts]").dataset.scripts === scripts;
  token = newer.querySelector("input[name=csrf_token]")?.value ?? token;
  if (!moves) {
    keepPlaces(newer);
  }
  if (state(newer) === state(list)) {
    return;
  }
  settle();
  const focused = document.activeElement;
  const here = focused.closest?.("li.message")?.id;
  const place = [...list.querySelectorAll("#waiting-rows > li")].findIndex((each) => each.id === here);
  const before = new Map(messages(list).map((each) => [each.id, each]));
  for (const each of messages(newer)) {
    const same = before.get(each.id);
    if (same?.dataset.changes === each.dataset.changes) {
      each.replaceWith(same);
    }
  }
  list.replaceChildren(...newer.childNodes);
  show();
  mark();
  if (here && document.activeElement !== focused) {
    (focused.isConnected ? focused : next(here, place)).focus({ preventScroll: true });
  }
}

// Where somebody goes on who did something with a message: at it, as long as it waits; else at the one that has its
// place now, so that a list is gone through from top to bottom; or at the heading.
function next(id, place) {
  const rows = [...list.querySelectorAll("#waiting-rows > li")];
  const row = place < 0 ? at(id) : (rows.find((each) => each.id === id) ?? rows[Math.min(place, rows.length - 1)]);
  return row?.querySelector("button:not([hidden])") ?? at("waiting");
}

function show() {
  for (const button of list.querySelectorAll("[data-listen]")) {
    button.hidden = !can;
  }
}

// For a moment no click counts, since a button may just have got another place or another name. Without an end, until
// this is called again. A keyboard presses what has the focus, which stays where it is.
function settle(ends = true) {
  const places = [list, at("open-forms")];
  places.forEach((each) => each.classList.add("settling"));
  clearTimeout(settling);
  settling = ends ? setTimeout(() => places.forEach((each) => each.classList.remove("settling")), SETTLE_MS) : 0;
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

function signedOut(why = SIGNED_OUT) {
  lock();
  lost(why);
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
async function send(event) {
  event.preventDefault();
  const form = event.target;
  settle(false);
  const fields = new URLSearchParams(new FormData(form));
  if (token) {
    fields.set("csrf_token", token);
  }
  tell("");
  try {
    const answer = await fetch(form.getAttribute("action"), { method: "POST", body: fields });
    if (answer.status === 403) {
      signedOut(await refusal(answer));
      return;
    }
    if (answer.status === 401 || answer.url.includes("/sign-in")) {
      signedOut();
      return;
    }
    const page = await read(answer);
    const newer = page.getElementById("list");
    if (!newer) {
      tell(`Nothing was changed. ${page.querySelector("h1")?.textContent ?? ""}: load this page again.`);
      return;
    }
    tell([...page.querySelectorAll("main > .alert-success")].map((each) => each.textContent).join(" "));
    follow(newer, { moves: true });
  } catch {
    tell("Nothing was changed: the server cannot be reached. Try again.");
  } finally {
    settle();
  }
}

list.addEventListener("submit", send);
at("open-forms").addEventListener("submit", send);

// What became of what somebody pressed; it stays until they press something else.
function tell(text) {
  at("said").textContent = text;
  at("said").hidden = !text;
}

at("close").addEventListener("click", () => {
  const row = at(opened);
  close();
  row?.querySelector("[data-listen]")?.focus();
});
at("load").addEventListener("click", () => location.reload());
onLocked(close);
show();
if (can) {
  restore();
}
setTimeout(look, EVERY_MS);
