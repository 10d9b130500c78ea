// Saving the form as a prompt, in a new tab. htmx would send it as a call instead. Loaded when it is used (`late.js`).
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-save-prompt]");
  if (!button) return;
  event.preventDefault();
  const { form } = button;
  const { action, target } = form;
  const based = document.createElement("input");
  Object.assign(based, { type: "hidden", name: "prompt", value: button.value });
  form.append(based);
  form.action = button.formAction;
  form.target = "_blank";
  form.submit(); // which tells no listener
  form.action = action;
  form.target = target;
  based.remove();
});
