// What the page of an answer says that refused what a script sent; "" if it does not say.
export const refusal = async (answer) => {
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  return [...page.querySelectorAll("#refused p")].map((each) => each.textContent).join(" ");
};
