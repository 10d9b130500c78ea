// Keyboard control of the docs search, and the current heading. Without scripts the search is a plain form.
(() => {
  const input = document.getElementById("docs-search");
  const suggestions = document.getElementById("docs-suggestions");
  const links = () => [...suggestions.querySelectorAll("a")];
  const close = () => suggestions.replaceChildren();

  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      input.focus();
      input.select();
    }
  });

  // Up and down move through the suggestions and back to the field; Esc closes them.
  document.querySelector(".docs-search").addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "Escape" && links().length) {
      event.preventDefault();
      close();
      input.focus();
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || !links().length) return;
    event.preventDefault();
    const stops = [input, ...links()];
    stops.at((stops.indexOf(document.activeElement) + step) % stops.length).focus();
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest(".docs-search")) close();
  });
  // A suggestion may be a heading of this very page, which does not reload.
  suggestions.addEventListener("click", (event) => {
    if (event.target.closest("a")) setTimeout(close);
  });

  // --- mark the current heading in the table of contents ---

  const entries = new Map(
    [...document.querySelectorAll(".docs-contents a")].map((link) => [
      decodeURIComponent(link.hash.slice(1)),
      link,
    ]),
  );
  const headings = [...entries.keys()].map((id) => document.getElementById(id)).filter(Boolean);
  if (!headings.length) return;
  function mark() {
    const atEnd = scrollY > 0 && innerHeight + scrollY >= document.documentElement.scrollHeight - 2;
    const passed = headings.filter((heading) => heading.getBoundingClientRect().top < 120);
    const current = atEnd ? headings.at(-1) : passed.at(-1);
    for (const [id, link] of entries) {
      if (id === current?.id) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  }
  let waiting = false;
  addEventListener(
    "scroll",
    () => {
      if (waiting) return;
      waiting = true;
      requestAnimationFrame(() => {
        waiting = false;
        mark();
      });
    },
    { passive: true },
  );
  mark();

  document.querySelector(".docs-pages [aria-current]")?.scrollIntoView({ block: "nearest" });
})();
