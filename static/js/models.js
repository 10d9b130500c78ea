// The model box: a list under the field "Model", of the suggested models and then of those that the provider lists. The
// provider is asked when the box is first opened.
(() => {
  const form = document.getElementById("request-form");
  const model = document.getElementById("model");
  const field = model.closest(".field");
  const box = document.getElementById("model-box");
  const answer = document.getElementById("models");
  const button = field.querySelector("[data-list-models]"); // none in a frame
  const { provider, base_url: base, api_key: key } = form.elements;

  let options = null; // the list; `names` are all that it can show, `most` is how many at once
  let active = null; // the option that Enter takes
  let filter = "";
  let askedOf = null;
  let typedBase = null; // a link can bring another, which is asked only by the button
  let asksByItself = false;

  const isOpen = () => "open" in box.dataset;
  const isSeen = () => box.checkVisibility(); // an open box can be empty

  // --- the list ---

  function prepare() {
    options = answer.querySelector(".model-list");
    if (options?.names) return;
    if (options) {
      options.names = [...options.children].map((row) => row.dataset.model);
      options.most = options.names.length;
      options.names.push(...JSON.parse(options.dataset.more));
    } else {
      options = document.createElement("ul");
      options.className = "model-list";
      options.names = JSON.parse(provider.selectedOptions[0].dataset.models);
      options.most = options.names.length;
      answer.append(options);
    }
    options.id = "model-options";
    options.setAttribute("role", "listbox");
    options.setAttribute("aria-label", box.dataset.label);
    options.tabIndex = -1; // it scrolls, but the field keeps the focus
  }

  function fill() {
    const words = filter.toLowerCase().split(/\s+/);
    const matching = options.names.filter((name) => words.every((word) => name.toLowerCase().includes(word)));
    const shown = matching.slice(0, options.most);
    setActive(null);
    options.replaceChildren(
      ...shown.map((name, index) => {
        const row = document.createElement("li");
        row.id = `model-option-${index}`;
        row.setAttribute("role", "option");
        row.setAttribute("aria-selected", name === model.value);
        row.dataset.model = row.textContent = name;
        return row;
      }),
    );
    options.hidden = !shown.length;
    box.toggleAttribute("data-empty", !shown.length && !answer.querySelector("p, .field-error"));
    if (!filter) setActive(options.querySelector("[aria-selected=true]"));
    const status = answer.querySelector("[data-narrowed]");
    if (!status) return;
    status.hidden = !filter && shown.length === matching.length;
    status.previousElementSibling.hidden = !status.hidden;
    const counts = { matching: matching.length, shown: shown.length, total: options.names.length };
    const text = shown.length < matching.length ? status.dataset.cut : status.dataset.all;
    status.textContent = text.replace(/{(\w+)}/g, (_, name) =>
      counts[name].toLocaleString(document.documentElement.lang),
    );
  }

  function setActive(row) {
    active?.removeAttribute("data-active");
    active = row;
    row?.setAttribute("data-active", "");
    row?.scrollIntoView({ block: "nearest" });
    if (row) model.setAttribute("aria-activedescendant", row.id);
    else model.removeAttribute("aria-activedescendant");
  }

  function step(by) {
    const stops = [null, ...options.children]; // the field itself is one of them
    setActive(stops.at((stops.indexOf(active) + by) % stops.length));
  }

  function pick(row) {
    model.value = row.dataset.model;
    close();
    requestForm.changed(model);
    model.focus();
  }

  // --- opening and closing ---

  function open(text = "") {
    if (model.readOnly) return;
    filter = text;
    ask();
    prepare();
    box.dataset.open = "";
    fill();
    describe();
  }

  function close() {
    delete box.dataset.open;
    setActive(null);
    describe();
  }

  function describe() {
    model.removeAttribute("list"); // the browser's suggestions are for a page without scripts
    model.setAttribute("role", "combobox");
    model.setAttribute("aria-autocomplete", "list");
    model.setAttribute("aria-expanded", isSeen());
    if (isSeen()) model.setAttribute("aria-controls", options.id);
    else model.removeAttribute("aria-controls");
  }
  describe();

  // --- asking ---

  const source = () => [provider.value, base.value, key.value, form.elements.saved_key?.value].join("\n");
  // Without this a refusal would come back, and take the focus to the field that lacks something.
  const isReady = () =>
    provider.value
      ? key.value || provider.selectedOptions[0].dataset.ready === "yes"
      : base.value === typedBase && URL.canParse(base.value);

  function ask() {
    if (!button || source() === askedOf) return;
    if (askedOf !== null) answer.replaceChildren();
    askedOf = null;
    if (!isReady()) return;
    askedOf = source();
    asksByItself = true;
    button.dispatchEvent(new Event("playground:list"));
  }

  // Another provider has other models, also while those of the last one are on their way. The event must not bubble: it
  // would stop the running answer.
  function forget() {
    askedOf = null;
    button?.dispatchEvent(new Event("htmx:abort"));
    answer.replaceChildren();
  }
  provider.addEventListener("change", forget);
  document.addEventListener("playground:opened", forget);

  button?.addEventListener("click", () => {
    askedOf = source();
    asksByItself = false;
    model.focus();
    open();
  });
  document.addEventListener(
    "htmx:after:swap",
    () => {
      if (model.hasAttribute("list")) describe(); // the form has changed
      if (answer.querySelector(".model-list")?.names) return; // it is not new
      const refusal = asksByItself && answer.querySelector("[data-refusal]");
      if (refusal) refusal.dataset.shown = "";
      if (!isOpen()) return;
      prepare();
      fill();
    },
    true,
  );

  // --- what a person does ---

  base.addEventListener("input", () => {
    typedBase = base.value;
  });

  model.addEventListener("click", () => isOpen() || open());
  model.addEventListener("input", () => open(model.value));
  model.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by) {
      event.preventDefault();
      if (isOpen()) step(by);
      else open();
    } else if (isSeen() && event.key === "Escape") {
      event.preventDefault();
      close();
    } else if (event.key === "Enter") {
      const isSend = event.ctrlKey || event.metaKey;
      if (isSeen() && !isSend) event.preventDefault();
      if (active && !isSend) pick(active);
      else close();
    }
  });
  field.addEventListener("focusout", ({ relatedTarget }) => field.contains(relatedTarget) || close());
  box.addEventListener("mousedown", (event) => event.preventDefault()); // the field keeps the focus
  box.addEventListener("click", ({ target }) => {
    const row = target.closest("[data-model]");
    if (row) pick(row);
  });
})();
