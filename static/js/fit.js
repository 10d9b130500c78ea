// Fields as high as their text, for browsers whose CSS cannot do that (`field-sizing`); only those load it.
(() => {
  const pane = document.querySelector(".conversation");

  function fit(text) {
    text.style.height = "auto";
    text.style.height = `${text.scrollHeight + 2}px`;
  }
  function fitAll() {
    for (const text of pane.querySelectorAll("textarea")) fit(text);
  }
  pane.addEventListener("input", ({ target }) => target.matches("textarea") && fit(target));
  for (const name of ["playground:changed", "playground:moved"]) document.body.addEventListener(name, fitAll);
  fitAll();
})();
