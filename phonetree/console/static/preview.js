// What a form will do, shown while it is filled in. Without scripts a button shows it.
const PAUSE_MS = 300;

for (const form of document.querySelectorAll("form[data-preview]")) {
  const id = form.dataset.preview;
  let waiting = 0;
  let asked = 0;

  const show = async () => {
    const number = ++asked;
    const fields = new FormData(form);
    fields.set("action", "preview");
    let page;
    try {
      const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(fields), credentials: "same-origin" });
      page = new DOMParser().parseFromString(await answer.text(), "text/html");
    } catch {
      return; // the network is away: saving says so
    }
    const shown = page.getElementById(id);
    if (number === asked && shown) {
      document.getElementById(id).replaceChildren(...shown.childNodes);
    }
  };

  form.addEventListener("input", (event) => {
    if (event.target.closest(`#${id}`)) {
      return; // what is ticked in the preview stays
    }
    clearTimeout(waiting);
    waiting = setTimeout(show, PAUSE_MS);
  });
  for (const button of form.querySelectorAll("[data-without-script]")) {
    button.hidden = true;
  }
}
