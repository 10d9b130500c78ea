// Copy buttons, on every page: a button with `data-copy="NAME"` copies the nearest part of that name.
async function copyText(button, text) {
  const label = button.querySelector("span");
  button.dataset.before ??= label.textContent;
  const { before } = button.dataset;
  try {
    if (typeof text !== "string") throw new Error("nothing to copy");
    await navigator.clipboard.writeText(text);
    label.textContent = button.dataset.done;
  } catch {
    label.textContent = button.dataset.failed; // no permission, or not a secure context
  }
  clearTimeout(button.timer);
  button.timer = setTimeout(() => {
    label.textContent = before;
  }, 1600);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  let found = null;
  for (let around = button.parentElement; around && !found; around = around.parentElement)
    found = around.querySelector(`[data-part="${button.dataset.copy}"]`);
  copyText(button, found?.textContent);
});
