// How a call to a phone goes, and until every server follows it, without loading the page again. Without scripts a link
// does that.
const EVERY_MS = 1500;

const place = document.getElementById("progress");
const change = document.getElementById("change");
let calling = "calling" in place.dataset;

// What stands there for whoever has scripts.
const words = (where) => {
  const copy = where.cloneNode(true);
  copy.querySelectorAll("noscript").forEach((each) => each.remove());
  return copy.textContent;
};

const look = async () => {
  let again = true;
  try {
    const answer = await fetch(location.href);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const newer = page.getElementById(place.id);
    const over = newer && !("calling" in newer.dataset);
    again = !over || "behind" in newer.dataset;
    if (newer && words(newer) !== words(place)) {
      place.replaceChildren(...newer.childNodes); // not over and over: it is read aloud
    }
    if (over) {
      const typed = change.querySelector("input[name=number]");
      if (calling && !(typed && (typed.value || typed === document.activeElement))) {
        change.replaceChildren(...page.getElementById(change.id).childNodes);
      }
      calling = false;
    }
  } catch {
    // the network is away for a moment: look again
  }
  if (again) {
    setTimeout(look, EVERY_MS);
  }
};

setTimeout(look, EVERY_MS);
