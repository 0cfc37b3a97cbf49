// A button that copies what is to be given to somebody. Without scripts it is selected and copied by hand.
const SAID_MS = 3000;

for (const button of document.querySelectorAll("button[data-copy]")) {
  const label = button.textContent;
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    const place = document.getElementById(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(place.textContent.trim());
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(place); // the browser forbids it: copied by hand
      button.textContent = "Selected: now copy it";
    }
    setTimeout(() => { button.textContent = label; }, SAID_MS);
  });
}
