// Quick Exit, and links that leave nothing in the history. See docs/page.md.
//
// - The page is emptied before anything else happens; then another page takes its place in the history.
// - Whoever comes back to a page that was left finds it empty: a mark in its history entry says so.
// - Nothing is stored. Without this script the link still leaves, as a plain link.
"use strict";
(() => {
  const ESCAPES = { key: "Escape", presses: 2, within: 1000 };
  const SHIFTS = { key: "Shift", presses: 3, within: 5000 };
  const TEXT_FIELDS = "input, textarea, select, [contenteditable]:not([contenteditable=false])";

  const wasLeft = () => history.state !== null && history.state.left === true;
  const byId = (id) => document.getElementById(id);

  // Leaves nothing on the page but what screen readers are told.
  function empty(announced) {
    document.title = "";
    document.documentElement.className = "left";
    document.documentElement.hidden = announced === null;
    if (document.body) document.body.replaceChildren(...(announced ? [announced] : []));
  }

  function emptyIfLeft() {
    if (wasLeft()) empty(null);
  }

  let expiry; // of presses of Shift
  let target = ""; // where it leads, once the page is being left
  let asked = 0; // when it was asked for last

  function leave() {
    const link = byId("leave");
    if (!link) return;
    target = link.href;
    clearTimeout(expiry);
    const told = byId("leave-told");
    empty(told);
    told.textContent = link.dataset.leaving;
    try {
      history.replaceState({ left: true }, "");
    } finally {
      go();
    }
  }

  function go() {
    asked = performance.now();
    location.replace(target);
  }

  // More keys on a page that is being left: Escape must not stop the other page from loading.
  function goOnLeaving(event) {
    if (event.key === ESCAPES.key) event.preventDefault();
    if (performance.now() - asked > 1000) go();
  }

  // Counts presses of one key. Returns a function that takes the time of a press and returns how many are still needed.
  function counter({ presses, within }) {
    let times = [];
    const press = (now) => {
      times = [...times.filter((time) => now - time <= within), now];
      return presses - times.length;
    };
    press.reset = () => { times = []; };
    return press;
  }

  const pressEscape = counter(ESCAPES);
  const pressShift = counter(SHIFTS);

  function tell(text) {
    const told = byId("leave-told");
    if (told) told.textContent = text;
  }

  function startOver() {
    pressEscape.reset();
    pressShift.reset();
    clearTimeout(expiry);
    tell("");
  }

  function escaped(event) {
    if (pressEscape(performance.now()) > 0) return;
    event.preventDefault(); // to a browser it means "stop loading"
    leave();
  }

  function shifted() {
    const link = byId("leave");
    const needed = pressShift(performance.now());
    if (!link) return;
    if (needed <= 0) return leave();
    clearTimeout(expiry);
    tell(needed === 1 ? link.dataset.oneMore : link.dataset.twoMore);
    expiry = setTimeout(() => { pressShift.reset(); tell(link.dataset.expired); }, SHIFTS.within);
  }

  document.addEventListener("keydown", (event) => {
    if (target) return goOnLeaving(event);
    if (event.repeat || event.isComposing) return;
    const typing = event.target instanceof Element && event.target.closest(TEXT_FIELDS);
    const alone = !(event.ctrlKey || event.altKey || event.metaKey);
    if (typing || !alone) startOver();
    else if (event.key === ESCAPES.key) escaped(event);
    else if (event.key === SHIFTS.key) shifted();
    else startOver(); // as in Shift and Tab, which goes back a link
  }, true);

  function clicked(event) {
    const link = event.target instanceof Element && event.target.closest("a");
    if (!link) return;
    const plain = event.button === 0 && !(event.ctrlKey || event.shiftKey || event.altKey || event.metaKey);
    if (link.id === "leave") {
      event.preventDefault();
      leave();
    } else if (plain && link.matches("[href^='#'], nav [hreflang]")) {
      event.preventDefault();
      location.replace(link.href); // no entry of its own
    }
  }

  document.addEventListener("click", clicked);
  document.addEventListener("auxclick", clicked);
  addEventListener("pageshow", emptyIfLeft);
  document.addEventListener("DOMContentLoaded", () => {
    emptyIfLeft();
    const [keys, link] = [byId("leave-keys"), byId("leave")];
    if (!keys || !link) return;
    keys.hidden = false;
    link.setAttribute("aria-describedby", keys.id);
  });
  emptyIfLeft(); // before the first line is shown
})();
