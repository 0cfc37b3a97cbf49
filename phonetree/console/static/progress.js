// How a call to a phone goes, without loading the page again. Without scripts a link does that.
const EVERY_MS = 1500;

const place = document.getElementById("progress");
const change = document.getElementById("change");

const words = (where) => where.querySelector(".alert b")?.textContent;

const look = async () => {
  try {
    const answer = await fetch(location.href);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const newer = page.getElementById(place.id);
    const over = newer && !("calling" in newer.dataset);
    if (over || (newer && words(newer) !== words(place))) {
      place.replaceChildren(...newer.childNodes);
    }
    if (over) {
      const typed = change.querySelector("input[name=number]");
      if (!(typed && (typed.value || typed === document.activeElement))) {
        change.replaceChildren(...page.getElementById(change.id).childNodes);
      }
      return;
    }
  } catch {
    // the network is away for a moment: look again
  }
  setTimeout(look, EVERY_MS);
};

setTimeout(look, EVERY_MS);
