// What a form will do, shown while it is filled in. Without scripts a button shows it.
const PAUSE_MS = 300;

for (const form of document.querySelectorAll("form[data-preview]")) {
  const shown = form.dataset.preview.split(" ").map((id) => document.getElementById(id));
  let waiting = 0;
  let asked = 0;

  const show = async () => {
    const number = ++asked;
    const fields = new FormData(form);
    fields.set("action", "preview");
    let page;
    try {
      const answer = await fetch(form.getAttribute("action"), { method: "POST", body: new URLSearchParams(fields) });
      page = new DOMParser().parseFromString(await answer.text(), "text/html");
    } catch {
      return; // the network is away: saving says so
    }
    for (const place of number === asked ? shown : []) {
      const newer = page.getElementById(place.id);
      if (newer) {
        place.replaceChildren(...newer.childNodes);
      }
    }
  };

  form.addEventListener("input", (event) => {
    const chosen = event.target.dataset.chooses;
    if (chosen) {
      document.getElementById(chosen).checked = true;
    }
    if (shown.some((place) => place.contains(event.target))) {
      return; // what is ticked there stays
    }
    clearTimeout(waiting);
    waiting = setTimeout(show, PAUSE_MS);
  });
  for (const button of form.querySelectorAll("[data-without-script]")) {
    button.hidden = true;
  }
}

// Whoever is chosen in one group is left out of another: nobody takes their own place.
for (const group of document.querySelectorAll("[data-without]")) {
  const form = group.closest("form");

  const leaveOut = () => {
    const chosen = new FormData(form).get(group.dataset.without);
    for (const choice of group.querySelectorAll("input")) {
      choice.parentElement.hidden = choice.value === chosen;
      choice.checked &&= choice.value !== chosen;
    }
  };
  form.addEventListener("input", leaveOut);
  addEventListener("pageshow", leaveOut);
}
