// Asks how far something is until it is done. Without scripts the page says it as of when it was loaded.
const AGAIN_MS = 1000;

for (const place of document.querySelectorAll("[data-follow]")) {
  const ask = async () => {
    if (!place.querySelector("[data-again]")) {
      return;
    }
    try {
      const answer = await fetch(place.dataset.follow);
      if (answer.ok && !answer.redirected) {
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        place.replaceChildren(...page.body.childNodes);
      }
    } catch {
      // the network is away: asked again
    }
    setTimeout(ask, AGAIN_MS);
  };
  setTimeout(ask, AGAIN_MS);
}
