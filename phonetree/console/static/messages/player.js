// Plays a message. Its sound must not get onto the disk.
//
// Chromium holds blobs in the browser's own process and writes them to files: when all together take more than 2 GB, on
// Android more than 1 % of the memory (storage/browser/blob/README.md, "Blob Storage Limits"), and when memory is short
// as soon as they take 4 MB, on Android 0.02 % of the memory (blob_memory_controller.cc, OnMemoryPressure). To revoke
// their addresses does not help: they live on until the page's garbage is collected, measured half a minute later.
// A data: address is played from the memory of the page alone (web_media_player_impl.cc, MemoryDataSource). Others keep
// blobs that scripts make in memory, and Firefox plays data: addresses through a cache that may be a file
// (ChannelMediaResource). So Chromium is given the one, and others the other, five minutes at a time.
import { cut } from "./wav.js";

const BACK_SECONDS = 10;
const SPEEDS = [0.75, 1, 1.25, 1.5, 2];
const CHUNK = 0x8000; // arguments of one call

const made = (name, properties = {}, ...inside) => {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...inside);
  return element;
};

export const time = (seconds) => {
  const whole = Math.floor(seconds);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (number) => String(number).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
};

const inPage = (pieces) => {
  const whole = new Uint8Array(pieces.reduce((sum, each) => sum + each.length, 0));
  pieces.reduce((place, each) => (whole.set(each, place), place + each.length), 0);
  if (whole.toBase64) {
    return whole.toBase64();
  }
  let text = "";
  for (let place = 0; place < whole.length; place += CHUNK) {
    text += String.fromCharCode(...whole.subarray(place, place + CHUNK));
  }
  return btoa(text);
};

const address = (pieces, type) => {
  const chromium = navigator.userAgentData?.brands.some(({ brand }) => brand === "Chromium");
  return chromium ? `data:${type};base64,${inPage(pieces)}` : URL.createObjectURL(new Blob(pieces, { type }));
};

export class Player {
  // The sound is the player's from now on. `element` is to be put into the page.
  constructor(sound) {
    this.sound = sound;
    this.cut = cut(sound);
    this.window = 0;
    this.wanted = false; // whether it is to be heard
    this.moving = false; // whether somebody moves the slider
    this.#build();
    this.#load(0, 0);
  }

  get seconds() {
    return this.cut ? this.cut.seconds : this.audio.duration || 0;
  }

  get position() {
    return Math.min(this.seconds, this.window * (this.cut?.each ?? 0) + this.audio.currentTime);
  }

  play() {
    if (this.audio.ended) {
      this.seek(0);
    }
    this.wanted = true;
    this.#start();
  }

  pause() {
    this.wanted = false;
    this.audio.pause();
    this.#show();
  }

  seek(seconds) {
    const wanted = Math.max(0, Math.min(seconds, this.seconds));
    const window = this.cut ? Math.min(Math.floor(wanted / this.cut.each), this.cut.number - 1) : 0;
    const within = wanted - window * (this.cut?.each ?? 0);
    if (window === this.window) {
      this.audio.currentTime = within;
    } else {
      this.#load(window, within);
    }
    this.#show();
  }

  // Lets go of the sound, and takes the player out of the page.
  close() {
    this.pause();
    this.#free();
    this.audio.removeAttribute("src");
    this.audio.load();
    this.sound?.transfer?.(0); // free now, not when garbage is collected
    this.sound = this.cut = null;
    this.element.remove();
  }

  #load(window, within) {
    this.#free();
    this.window = window;
    this.audio.src = this.cut ? address(this.cut.pieces(window), "audio/wav")
      : address([new Uint8Array(this.sound)], "application/octet-stream");
    this.audio.currentTime = within;
    if (this.wanted) {
      this.#start();
    }
  }

  #start() {
    this.#show();
    this.audio.play().catch(() => { // interrupted by a seek, and goes on; or the browser wants a click first
      this.wanted &&= !this.audio.paused;
      this.#show();
    });
  }

  #free() {
    if (this.audio.src.startsWith("blob:")) {
      URL.revokeObjectURL(this.audio.src);
    }
  }

  #build() {
    this.audio = made("audio", { preload: "auto", preservesPitch: true, disableRemotePlayback: true });
    this.button = made("button", { type: "button", className: "btn btn-primary player-play" });
    this.slider = made("input", { type: "range", className: "form-range", min: 0, step: 1 });
    this.slider.setAttribute("aria-label", "Position");
    this.clock = made("span", { className: "when" });
    this.clock.setAttribute("aria-hidden", "true"); // the slider says it
    this.wrong = made("p", { className: "wrong", hidden: true });
    this.wrong.setAttribute("role", "alert");
    const back = made("button", { type: "button", className: "btn btn-outline-secondary" });
    back.textContent = `Back ${BACK_SECONDS} seconds`;
    const speeds = SPEEDS.map((each) => made("option", { value: each, selected: each === 1 }, `${each} times`));
    const speed = made("select", { className: "form-select" }, ...speeds);
    const pace = made("label", { className: "player-speed" }, "Speed", speed);
    const first = made("div", { className: "player-row" }, this.button, back, pace);
    const second = made("div", { className: "player-row" }, this.slider, this.clock);
    this.element = made("div", { className: "player" }, this.audio, first, second, this.wrong);
    this.element.setAttribute("role", "group");
    this.element.setAttribute("aria-label", "Player");

    this.button.addEventListener("click", () => (this.wanted ? this.pause() : this.play()));
    back.addEventListener("click", () => this.seek(this.position - BACK_SECONDS));
    speed.addEventListener("change", () => {
      this.audio.playbackRate = Number(speed.value);
      this.audio.defaultPlaybackRate = this.audio.playbackRate; // of the windows to come
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
        this.wanted = !this.audio.paused || (this.wanted && this.audio.ended);
        this.#show();
      });
    }
  }

  #ended() {
    if (this.cut && this.window + 1 < this.cut.number) {
      this.#load(this.window + 1, 0);
    } else {
      this.wanted = false;
      this.#show();
    }
  }

  #failed() {
    if (this.sound) {
      this.wanted = false;
      this.wrong.textContent = "This browser cannot play this message.";
      this.wrong.hidden = false;
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
  }

  #say(seconds) {
    const said = `${time(seconds)} of ${time(this.seconds)}`;
    if (said !== this.clock.textContent) {
      this.clock.textContent = said;
      this.slider.setAttribute("aria-valuetext", said);
    }
  }
}
