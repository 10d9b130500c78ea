// Opens a proof file that is dropped anywhere on the page, or chosen. Without scripts, the form's button does it.
(() => {
  const form = document.querySelector("[data-drop]");
  if (!form) return;
  const input = form.querySelector("input[type=file]");
  const hasFiles = (event) => event.dataTransfer?.types.includes("Files");
  // Only the page for proof files shows its form, and can say that a file is none. Others must not be left in vain.
  const isWanted = (file) => file && (!form.hidden || /\.html?$/i.test(file.name));

  document.addEventListener("dragover", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    form.classList.add("over");
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) form.classList.remove("over");
  });
  document.addEventListener("drop", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    form.classList.remove("over");
    const [file] = event.dataTransfer.files;
    if (!isWanted(file)) return;
    const dropped = new DataTransfer(); // with one file, even if several were dropped
    dropped.items.add(file);
    input.files = dropped.files;
    form.requestSubmit();
  });
  input.addEventListener("change", () => input.files.length && form.requestSubmit());
})();
