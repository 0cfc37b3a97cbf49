// Asks before somebody leaves a form with what they typed. Without scripts the browser keeps it, for its button Back.
for (const form of document.querySelectorAll("form[data-unsaved]")) {
  form.addEventListener("input", () => {
    form.dataset.unsaved = "yes";
  });
  form.addEventListener("submit", () => {
    form.dataset.unsaved = "";
  });
  addEventListener("beforeunload", (event) => {
    if (form.dataset.unsaved) {
      event.preventDefault();
    }
  });
}
