// The keys that the playground keeps: only those for the chosen provider can be chosen.
(() => {
  const provider = document.getElementById("provider");
  const base = document.getElementById("base_url");
  const saved = document.getElementById("saved_key");

  function show() {
    for (const option of saved.options) {
      if (!option.value) continue;
      const fits =
        option.value === "server"
          ? "servers" in provider.selectedOptions[0].dataset
          : option.dataset.of === provider.value;
      option.hidden = option.disabled = !fits;
    }
    if (saved.selectedOptions[0]?.disabled) saved.value = "";
    const found = saved.querySelector("option[data-of]:not(:disabled)");
    if (found)
      saved.options[0].textContent = saved.options[0].dataset.text.replace("%s", () => found.dataset.label);
    saved.closest(".field").hidden = !found;
  }

  // A key for a base URL brings it along, and its API.
  saved.addEventListener("change", () => {
    const { base: url, dialect } = saved.selectedOptions[0].dataset;
    if (!url) return;
    base.value = url;
    base.dispatchEvent(new Event("input", { bubbles: true }));
    editForm(`dialect:${dialect}`);
  });
  provider.addEventListener("change", show);
  document.addEventListener("playground:provider", show);
  show();
})();
