// Sends a form with a telephone number without leaving the page: what was typed stays when it is refused, and the browser
// has no page to keep the form with on its disk. Without scripts the number has to be typed again.
import { refusal } from "./refusal.js";

const read = async (answer) => new DOMParser().parseFromString(await answer.text(), "text/html");

function say(form, problem) {
  document.getElementById("problem")?.remove();
  document.getElementById("progress").before(problem);
  form.elements.number.setAttribute("aria-invalid", "true");
  problem.scrollIntoView({ block: "nearest" });
}

function said(text) {
  const problem = document.createElement("p");
  problem.id = "problem";
  problem.className = "alert alert-danger";
  problem.setAttribute("role", "alert");
  problem.textContent = text;
  return problem;
}

async function send(form) {
  const body = new URLSearchParams(new FormData(form));
  const answer = await fetch(form.action, { method: "POST", body });
  if (!answer.ok) {
    const why = answer.status === 403 ? await refusal(answer) : "Send it again in a moment.";
    say(form, said(`This was not taken, and what you typed is still here. ${why}`));
    return;
  }
  if (answer.url !== form.action) {
    say(form, said("You were signed out. Sign in again in a new tab, come back to this one, and send this again."));
    return;
  }
  const page = await read(answer);
  const problem = page.getElementById("problem");
  if (!problem) {
    location.replace(form.action);
    return;
  }
  for (const { name, value } of page.querySelectorAll("form[data-number] input[type=hidden]")) {
    form.elements[name].value = value; // of the present session
  }
  say(form, problem);
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("form[data-number]")) {
    return;
  }
  event.preventDefault();
  const button = form.querySelector("button");
  button.disabled = true;
  try {
    await send(form);
  } catch {
    say(form, said("The server cannot be reached. What you typed is still here: send it again in a moment."));
  }
  button.disabled = false;
});
