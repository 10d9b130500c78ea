// The request's code: its language, remembered in this browser, and the link to the request, which comes with it.
(() => {
  const form = document.getElementById("request-form");
  const codes = document.querySelector("#result [data-part=codes]");
  const targets = [...document.querySelectorAll("[data-show-target]")];
  const KEPT = "playground.target";
  let shown = null;

  function show(id) {
    shown = id;
    for (const part of document.querySelectorAll("[data-part=codes]")) part.dataset.chosen = "";
    for (const block of document.querySelectorAll("[data-target]"))
      block.hidden = block.dataset.target !== id;
    for (const button of targets)
      button.setAttribute("aria-pressed", String(button.dataset.showTarget === id));
  }
  for (const button of targets) {
    button.addEventListener("click", () => {
      show(button.dataset.showTarget);
      try {
        localStorage.setItem(KEPT, button.dataset.showTarget);
      } catch {
        /* then only for this page */
      }
    });
  }
  function remembered() {
    let id = null;
    try {
      id = localStorage.getItem(KEPT);
    } catch {
      /* storage is disabled */
    }
    return targets.some((button) => button.dataset.showTarget === id) ? id : targets[0].dataset.showTarget;
  }
  show(remembered());

  // The server sends the link with the code, so wait for the code of the form as it is. What arrives can be older.
  const stale = () => {
    codes.dataset.stale = "";
  };
  form.addEventListener("input", stale);
  document.body.addEventListener("playground:changed", stale);
  // After the event that caused the request, which other listeners count, too.
  codes.addEventListener("htmx:before:request", () => {
    queueMicrotask(() => {
      if ("stale" in codes.dataset) codes.dataset.stale = "asked";
    });
  });
  codes.addEventListener("htmx:after:swap", () => {
    if (codes.dataset.stale === "asked") delete codes.dataset.stale;
    show(shown);
  });
  // No response, or a proxy's page in place of it: what is shown stays.
  const lose = () => {
    codes.dataset.stale = "lost";
  };
  codes.addEventListener("htmx:error", lose);
  codes.addEventListener("htmx:before:swap", (event) => {
    if (!(event.detail.ctx.response?.status >= 500)) return;
    event.preventDefault();
    lose();
  });
  const isLost = () => codes.dataset.stale === "lost";
  const link = document.querySelector("[data-copy-link]");
  link?.addEventListener("click", async () => {
    if (isLost()) requestForm.changed(); // ask again
    while ("stale" in codes.dataset && !isLost()) {
      await new Promise((done) => {
        codes.addEventListener("htmx:finally:request", done, { once: true });
      });
    }
    if (isLost()) {
      const busy = document.querySelector("[data-busy]");
      busy.textContent = busy.dataset.lost;
      return;
    }
    const permalink = codes.querySelector("[data-part=permalink]");
    copyText(link, permalink && new URL(permalink.dataset.copied, location).href); // without one, it says so
  });
})();
