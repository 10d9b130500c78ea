// Runs before the first paint: applies the chosen theme, and tells the styles that scripts run.
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  const stored = (name) => {
    try {
      return localStorage.getItem(name);
    } catch {
      return null;
    } // storage can be disabled
  };
  const apply = (theme) => {
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
    else delete root.dataset.theme;
  };
  apply(stored("playground.theme"));

  document.addEventListener("DOMContentLoaded", () => {
    const button = document.querySelector("[data-theme-switch]");
    if (!button) return; // a public link has no head of the page
    const current = () => root.dataset.theme || "auto";
    const show = () => {
      const label = button.dataset[current()];
      button.querySelector("[data-theme-name]").textContent = label;
      button.title = label;
    };
    show();
    button.addEventListener("click", () => {
      const next = { auto: "light", light: "dark", dark: "auto" }[current()];
      apply(next);
      try {
        localStorage.setItem("playground.theme", next);
      } catch {
        /* then only for this page */
      }
      show();
    });
  });
})();
