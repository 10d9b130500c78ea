// What few use is loaded when it is used: the first click or arrow key on an element with `data-late` loads that script,
// and then happens again.
(() => {
  const loaded = new Set();
  const isMeant = ({ type, key }) => type === "click" || /^(Arrow|Home|End)/.test(key);

  for (const type of ["click", "keydown"])
    document.addEventListener(
      type,
      async (event) => {
        const script = event.target.closest?.("[data-late]")?.dataset.late;
        if (!script || loaded.has(script) || !isMeant(event)) return;
        event.preventDefault();
        event.stopImmediatePropagation();
        await import(script);
        loaded.add(script);
        event.target.dispatchEvent(new event.constructor(type, event));
      },
      true,
    );
})();
