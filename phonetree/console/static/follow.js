// Asks whether all servers have followed, often until they have; and now and then whether the page is still right.
// Without scripts the page says it as of when it was loaded.
const AGAIN_MS = 1000;
const STILL_RIGHT_MS = 10000;

for (const place of document.querySelectorAll("[data-follow]")) {
  const state = () => place.querySelector("[data-state]")?.dataset.state;
  const first = state();

  const ask = async () => {
    try {
      const answer = await fetch(place.dataset.follow);
      if (answer.ok && !answer.redirected) {
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        place.replaceChildren(...page.body.childNodes);
      }
    } catch {
      // the network is away: asked again
    }
    if (state() !== first) {
      document.getElementById("out-of-date").hidden = false;
      return;
    }
    setTimeout(ask, place.querySelector("[data-again]") ? AGAIN_MS : STILL_RIGHT_MS);
  };
  setTimeout(ask, place.querySelector("[data-again]") ? AGAIN_MS : STILL_RIGHT_MS);
}
