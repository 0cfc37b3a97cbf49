// Plays a message. Its sound must not get onto the disk.
//
// Chromium holds blobs in the browser's own process and writes them to files: when all together take more than 2 GB, on
// Android more than 1 % of the memory (storage/browser/blob/README.md, "Blob Storage Limits"), and when memory is short
// as soon as they take 4 MB, on Android 0.02 % of the memory (blob_memory_controller.cc, OnMemoryPressure). To revoke
// their addresses does not help: they live on until the page's garbage is collected, measured half a minute later.
// A data: address is played from the memory of the page alone (web_media_player_impl.cc, MemoryDataSource). Others keep
// blobs that scripts make in memory, and Firefox plays data: addresses through a cache that may be a file
// (ChannelMediaResource). So Chromium is given the one, and others the other.
//
// A long message is played a window at a time, a minute, and at most three of them are in memory: the one that plays, the
// one before, and, while it plays, the one after. One element plays them all: iOS lets a page start only those that
// somebody pressed a button for.
import { release } from "./memory.js";
import { made } from "./page.js";
import { Refused } from "./refused.js";
import { cut } from "./wav.js";

const BACK_SECONDS = 10;
const SPEEDS = [0.75, 1, 1.25, 1.5, 2];
let pace = 1; // that somebody chose, for the messages to come, until the page is left
const TEXT = new TextEncoder();
const BASE64 = TEXT.encode("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
const OTHERS = 1000;
const PATIENCE_MS = 400; // before it is said that something is being fetched
const GO_ON = " Press Play to go on.";

export const time = (seconds) => {
  const whole = Math.floor(seconds);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (number) => String(number).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
};

// A data: address. It is put together as bytes, and made a string once: each string of its length that is made on the way
// would stay until garbage is collected.
const inPage = (pieces, type) => {
  const sound = new Uint8Array(pieces.reduce((sum, each) => sum + each.length, 0));
  pieces.reduce((place, each) => (sound.set(each, place), place + each.length), 0);
  const begin = TEXT.encode(`data:${type};base64,`);
  const text = new Uint8Array(begin.length + Math.ceil(sound.length / 3) * 4);
  text.set(begin);
  for (let [from, to] = [0, begin.length]; from < sound.length; from += 3) {
    const bits = (sound[from] << 16) | (sound[from + 1] << 8) | sound[from + 2];
    text[to++] = BASE64[bits >> 18];
    text[to++] = BASE64[(bits >> 12) & 63];
    text[to++] = BASE64[(bits >> 6) & 63];
    text[to++] = BASE64[bits & 63];
  }
  text.fill(TEXT.encode("=")[0], text.length - (3 - (sound.length % 3)) % 3);
  const found = new TextDecoder().decode(text);
  release(sound.buffer);
  release(text.buffer);
  return found;
};

const isChromium = () => navigator.userAgentData?.brands.some(({ brand }) => brand === "Chromium");

// A document of Chromium keeps the addresses that it resolved last, hundreds of them, however long they are: 77 MB of an
// hour (measured in version 156 by bench/messages.py). Short ones take their places.
const link = document.createElement("a");
let others = 0;

const forgetAddresses = () => {
  for (const end = others + OTHERS; isChromium() && others < end; others++) {
    link.href = `#${others}`;
    link.protocol; // resolves it
  }
};

const address = (pieces, type) =>
  (isChromium() ? inPage(pieces, type) : URL.createObjectURL(new Blob(pieces, { type })));

export class Player {
  #windows = new Map(); // what was read of each, or will be, by its number
  #closing = new AbortController();
  #problem = null; // why it does not go on where the window that is loaded ends
  #at = 0; // the moment that is to be heard, while its window is read
  #loading = null; // the window that is read
  #loaded = false; // whether a window is in the element
  #waits = 0;

  // The sound (sound.js) is the player's from now on. `element` is to be put into the page. Whoever made the player is
  // told why it cannot go on, too.
  constructor(sound, onProblem = () => {}) {
    this.sound = sound;
    this.onProblem = onProblem;
    this.cut = cut(sound.head, sound.size);
    this.window = 0;
    this.wanted = false; // whether it is to be heard
    this.moving = false; // whether somebody moves the slider
    this.#build();
  }

  // Reads what is played first. Ends with the Refused that keeps it from beginning.
  async ready(onProgress) {
    await this.#load(0, onProgress);
    if (this.#problem && !this.#loaded) {
      throw this.#problem;
    }
  }

  get seconds() {
    return this.cut ? this.cut.seconds : this.audio.duration || 0;
  }

  get position() {
    return this.#loaded ? Math.min(this.seconds, this.#begins(this.window) + this.audio.currentTime) : this.#at;
  }

  play() {
    if (this.#problem && this.#isAtEnd()) {
      const from = this.position;
      this.#drop(this.window); // it is read once more
      this.wanted = true;
      this.#load(from);
      return;
    }
    this.wanted = true;
    if (this.audio.ended) {
      this.seek(0);
    }
    this.#start();
  }

  pause() {
    this.wanted = false;
    this.audio.pause();
    this.#show();
  }

  seek(seconds) {
    const wanted = Math.max(0, Math.min(seconds, this.seconds));
    const window = this.cut?.window(wanted) ?? 0;
    if (window === this.window && this.#loaded) {
      this.audio.currentTime = wanted - this.#begins(window);
      this.#tell("");
      this.#show();
    } else {
      this.#load(wanted);
    }
  }

  // Lets go of the sound, and takes the player out of the page.
  close() {
    if (this.sound) {
      this.pause();
      this.#closing.abort();
      this.#silence();
      this.#keep(() => false);
      this.sound.close();
      this.sound = null;
      this.element.remove();
    }
  }

  #begins(window) {
    return this.cut?.begins(window) ?? 0;
  }

  #isAtEnd() {
    return !this.#loaded || this.audio.ended || this.audio.currentTime >= this.audio.duration;
  }

  async #load(seconds, onProgress) {
    const number = this.cut?.window(seconds) ?? 0;
    const mine = (this.#loading = { number });
    this.#at = seconds;
    this.#problem = null;
    this.#tell("");
    if (!this.#windows.get(number)?.address) {
      this.#silence();
      this.#show();
    }
    const found = await this.#read(number, onProgress);
    if (this.#loading !== mine || !this.sound) {
      return; // somebody went elsewhere
    }
    this.#loading = null;
    this.window = number;
    this.#problem = found.problem;
    this.#keep((each) => Math.abs(each - number) <= 1);
    const within = seconds - this.#begins(number);
    if (!found.address || (found.problem && within >= found.lasts)) {
      this.#silence();
      this.#drop(number);
      this.#stopped();
      return;
    }
    this.audio.src = found.address;
    this.#loaded = true;
    forgetAddresses();
    this.audio.currentTime = within;
    if (this.wanted) {
      this.#start();
    }
    this.#show();
  }

  // A window: the address of what there is of it, how long that is, and why there is no more.
  #read(number, onProgress) {
    if (!this.#windows.has(number)) {
      const reading = { ready: null, address: null };
      this.#windows.set(number, reading);
      reading.ready = this.#made(number, onProgress).then((found) => {
        if (this.#windows.get(number) === reading) {
          return Object.assign(reading, found);
        }
        this.#free(found.address); // nobody needs it any more
        return { ...found, address: null };
      });
    }
    return this.#windows.get(number).ready;
  }

  async #made(number, onProgress) {
    const { cut: its, sound } = this;
    const [from, to] = its ? its.bytes(number) : [0, sound.size];
    try {
      const { pieces, problem, done } = await sound.read(from, to, onProgress, this.#closing.signal);
      const length = pieces.reduce((sum, each) => sum + each.length, 0);
      const found = { problem, lasts: its?.lasts(length) };
      if (!problem || found.lasts) {
        found.address = its ? address([its.head(length), ...pieces], "audio/wav") : address(pieces, "application/octet-stream");
      }
      done();
      return found;
    } catch (error) {
      return { problem: error instanceof Refused ? error : new Refused("failed") };
    }
  }

  // Only some windows stay in memory.
  #keep(which) {
    [...this.#windows.keys()].filter((number) => !which(number)).forEach((number) => this.#drop(number));
  }

  #drop(number) {
    this.#free(this.#windows.get(number)?.address);
    this.#windows.delete(number);
  }

  #free(kept) {
    if (kept?.startsWith("blob:")) {
      URL.revokeObjectURL(kept);
    }
  }

  #silence() {
    this.#loaded = false;
    this.audio.removeAttribute("src");
    this.audio.load();
    forgetAddresses();
  }

  // Reads the next window before it is needed. What goes wrong with it is said when it is reached, and tried again then.
  async #ahead() {
    const next = this.window + 1;
    if (!this.cut || next >= this.cut.number || this.#problem) {
      return;
    }
    const { problem } = await this.#read(next);
    if (problem && next !== this.window && next !== this.#loading?.number) {
      this.#drop(next);
    }
  }

  #start() {
    this.#tell("");
    this.#show();
    if (this.#loading) {
      return; // it starts when it is read
    }
    this.#ahead();
    this.audio.play().catch(() => { // interrupted by a seek, and goes on; or the browser wants a click first
      this.wanted &&= !this.audio.paused || !!this.#loading;
      this.#show();
    });
  }

  // Says why it does not go on.
  #stopped() {
    const wanted = this.wanted;
    this.wanted = false;
    this.#tell(`${time(this.position)}: ${this.#problem.message}${this.#problem.code === "network" ? GO_ON : ""}`);
    this.#show();
    if (wanted) {
      this.onProblem(this.#problem);
    }
  }

  #tell(text) {
    this.wrong.textContent = text;
    this.wrong.hidden = !text;
  }

  #build() {
    this.audio = made("audio", { preload: "auto", preservesPitch: true, disableRemotePlayback: true });
    this.button = made("button", { type: "button", className: "btn btn-primary player-play" });
    this.slider = made("input", { type: "range", className: "form-range", min: 0, step: 1 });
    this.slider.setAttribute("aria-label", "Position");
    this.clock = made("span", { className: "when" });
    this.clock.setAttribute("aria-hidden", "true"); // the slider says it
    this.wrong = made("p", { className: "alert alert-danger", hidden: true });
    this.wrong.setAttribute("role", "alert");
    this.status = made("p");
    this.status.setAttribute("role", "status");
    const back = made("button", { type: "button", className: "btn btn-outline-secondary" });
    back.textContent = `Back ${BACK_SECONDS} seconds`;
    const speeds = SPEEDS.map((each) => made("option", { value: each, selected: each === pace }, `${each} times`));
    const speed = made("select", { className: "form-select" }, ...speeds);
    const chosen = made("label", { className: "player-speed" }, "Speed", speed);
    const first = made("div", { className: "player-row" }, this.button, back, chosen);
    const second = made("div", { className: "player-row" }, this.slider, this.clock);
    this.element = made("div", { className: "player" }, this.audio, first, second, this.status, this.wrong);
    this.element.setAttribute("role", "group");
    this.element.setAttribute("aria-label", "Player");

    this.button.addEventListener("click", () => (this.wanted ? this.pause() : this.play()));
    back.addEventListener("click", () => this.seek(this.position - BACK_SECONDS));
    this.#hurry();
    speed.addEventListener("change", () => {
      pace = Number(speed.value);
      this.#hurry();
    });
    this.slider.addEventListener("input", () => {
      this.moving = true;
      this.#say(Number(this.slider.value));
    });
    this.slider.addEventListener("change", () => {
      this.moving = false;
      this.seek(Number(this.slider.value));
    });
    this.audio.addEventListener("ended", () => this.#ended());
    this.audio.addEventListener("error", () => this.#failed());
    for (const event of ["timeupdate", "durationchange", "seeked"]) {
      this.audio.addEventListener(event, () => this.#show());
    }
    for (const event of ["play", "pause"]) { // by a key of a headset, or because the phone rings
      this.audio.addEventListener(event, () => {
        if (this.#loading) {
          return;
        }
        this.wanted = !this.audio.paused || (this.wanted && this.audio.ended);
        this.#show();
      });
    }
  }

  #hurry() {
    this.audio.playbackRate = pace;
    this.audio.defaultPlaybackRate = pace; // of the windows to come
  }

  #ended() {
    if (this.#problem) {
      this.#stopped();
    } else if (this.cut && this.window + 1 < this.cut.number) {
      this.#load(this.#begins(this.window + 1));
    } else {
      this.wanted = false;
      this.#show();
    }
  }

  #failed() {
    if (this.sound) {
      this.wanted = false;
      this.#tell("This browser cannot play this message.");
      this.#show();
    }
  }

  #show() {
    this.button.textContent = this.wanted ? "Pause" : "Play";
    this.slider.max = Math.ceil(this.seconds);
    if (!this.moving) {
      this.slider.value = this.position;
      this.#say(this.position);
    }
    clearTimeout(this.#waits);
    if (this.#loading && this.wanted) {
      this.#waits = setTimeout(() => { this.status.textContent = "The sound is being fetched and opened ..."; }, PATIENCE_MS);
    } else {
      this.status.textContent = "";
    }
  }

  #say(seconds) {
    const said = `${time(seconds)} of ${time(this.seconds)}`;
    if (said !== this.clock.textContent) {
      this.clock.textContent = said;
      this.slider.setAttribute("aria-valuetext", said);
    }
  }
}
