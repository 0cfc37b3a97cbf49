// A call that is tried, without a new page for each step; keys of the keyboard; and what is heard, read aloud. Without
// scripts each step is a page.
//
// Only voices of this device read aloud: others send the words to a company.
const there = document.getElementById("try");
const APART_MS = 100; // so that a screen reader says what is new, and not what was there

let asking = false;
let shown = 0;

async function go(form, submitter) {
  const address = new URL(form.action);
  address.hash = "";
  address.search = new URLSearchParams([...new FormData(form), [submitter.name, submitter.value]]);
  if (asking) {
    return;
  }
  asking = true;
  silence();
  try {
    const answer = await fetch(address);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("try");
    if (answer.redirected || !fresh) {
      location.assign(address); // it says what is the matter
      return;
    }
    history.replaceState(null, "", address);
    show(fresh, submitter);
  } catch {
    location.assign(address); // the network is away, and the browser says so
  } finally {
    asking = false;
  }
}

// Shows a page's call: the lines that were there stay, and new ones come after them.
async function show(fresh, submitter) {
  const number = ++shown;
  const old = there.querySelector("#transcript");
  const lines = [...(fresh.querySelector("#transcript")?.children ?? [])];
  let before = 0;
  if (old && lines.length) {
    const log = old.parentElement;
    log.setAttribute("aria-live", "off");
    before = Math.min(old.children.length, lines.length);
    lines.slice(0, before).forEach((line, place) => old.children[place].replaceWith(line));
    while (old.children.length > before) {
      old.lastElementChild.remove();
    }
    there.querySelector("#turn").replaceWith(fresh.querySelector("#turn"));
  } else {
    lines.forEach((line) => line.remove());
    there.replaceChildren(...fresh.childNodes);
  }
  const turn = there.querySelector("#turn");
  const same = turn && [...turn.querySelectorAll("button")].find((button) => button.value === submitter.value);
  (same ?? turn)?.focus({ preventScroll: true });
  await new Promise((done) => setTimeout(done, APART_MS));
  const list = there.querySelector("#transcript");
  if (list && number === shown) {
    list.parentElement.removeAttribute("aria-live");
    list.append(...lines.slice(before));
    turn.scrollIntoView({ block: "nearest" });
    there.querySelector("#newest")?.scrollIntoView({ block: "nearest" });
    read(lines.slice(before));
  }
}

there?.addEventListener("submit", (event) => {
  if (event.target.method === "get" && event.submitter) {
    event.preventDefault();
    go(event.target, event.submitter);
  }
});

// A digit presses its key, as long as the focus is in the call.
there?.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || !/^[0-9*#]$/.test(event.key)) {
    return;
  }
  const key = [...there.querySelectorAll(".keypad button")].find((button) => button.value === event.key);
  if (key) {
    event.preventDefault();
    key.focus({ preventScroll: true });
    key.click();
  }
});

// -- read aloud

const speech = globalThis.speechSynthesis;
const button = document.getElementById("aloud");
let aloud = true;

const voices = () => speech?.getVoices().filter((voice) => voice.localService === true) ?? [];

function voiceOf(language) {
  const code = (voice) => voice.lang.replace("_", "-").toLowerCase();
  const wanted = language.toLowerCase();
  const speaks = (voice) => code(voice).split("-")[0] === wanted.split("-")[0];
  return voices().find((voice) => code(voice) === wanted) ?? voices().find(speaks);
}

function silence() {
  speech?.cancel();
}

function read(lines) {
  const lacking = new Set();
  for (const words of lines.flatMap((line) => [...line.querySelectorAll("[data-what=hears] > [lang]")])) {
    const voice = voiceOf(words.lang);
    if (!voice) {
      lacking.add(words.lang.split("-")[0]);
    } else if (aloud) {
      const spoken = new SpeechSynthesisUtterance(words.textContent);
      spoken.voice = voice;
      spoken.lang = voice.lang;
      speech.speak(spoken);
    }
  }
  if (lacking.size) {
    say(lacking);
  }
}

function say(lacking) {
  const names = new Intl.DisplayNames("en", { type: "language" });
  const languages = [...lacking].map((code) => names.of(code)).join(" and ");
  document.getElementById("voices").textContent =
    `This device has no voice of its own for ${languages}, so that is not read aloud: ` +
    "other voices send the words to a company.";
}

function turnAloud(on) {
  aloud = on;
  button.textContent = on ? "Stop reading aloud" : "Read aloud";
  button.nextElementSibling.hidden = !on;
  if (!on) {
    silence();
  }
}

if (button) {
  const offer = () => {
    button.parentElement.hidden = !voices().length;
  };
  offer();
  speech?.addEventListener?.("voiceschanged", offer);
  button.addEventListener("click", () => turnAloud(!aloud));
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && aloud) {
      turnAloud(false);
    }
  });
  addEventListener("pagehide", silence);
  const newest = there.querySelector("#newest");
  if (newest) {
    read([newest]); // of a call that a link began
  }
}
