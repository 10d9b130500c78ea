// What the page's layout needs of scripts: sliders, dragged messages, and drawers on a small screen.
(() => {
  const pane = document.querySelector(".conversation");

  // A message is as high as its text, also where CSS cannot do that.
  if (!CSS.supports("field-sizing", "content")) import(pane.dataset.fit);

  // --- there is one system message, which is the first ---

  function offerFirst() {
    const button = pane.querySelector("#composer .first");
    const roles = [...pane.querySelectorAll(".turn [name=role]")].map(({ value }) => value);
    if (button) button.hidden = roles.includes(button.dataset.role);
  }
  for (const name of ["playground:changed", "playground:moved"])
    document.body.addEventListener(name, offerFirst);
  pane.addEventListener("change", offerFirst);

  // --- a slider beside a number, which alone is sent ---

  const form = document.getElementById("request-form");
  const rounded = ({ value, min, max }) => String(Number((+value).toFixed(max - min > 1 ? 1 : 2)));
  function slide(slider) {
    const number = document.getElementById(slider.dataset.slides);
    number.value = rounded(slider);
    slider.removeAttribute("data-unset");
    number.dispatchEvent(new Event("input", { bubbles: true }));
  }
  function follow(slider) {
    const { value } = document.getElementById(slider.dataset.slides);
    slider.value = value.trim() || slider.dataset.default;
    slider.toggleAttribute("data-unset", !value.trim());
  }
  const followAll = () => {
    for (const slider of form.querySelectorAll("[data-slides]")) follow(slider);
  };
  // A click into a number, or the model, selects it, as Tab does: what is typed takes its place.
  let entered = null;
  form.addEventListener("focusin", ({ target }) => {
    entered = target.matches("#parameters input:not([type]), #model") && target;
  });
  form.addEventListener("click", ({ target }) => {
    if (target === entered && target.selectionStart === target.selectionEnd) target.select();
    entered = null;
  });
  form.addEventListener("input", ({ target }) => {
    if (target.matches("[data-slides]")) slide(target);
    else
      for (const slider of form.querySelectorAll(`[data-slides="${CSS.escape(target.id)}"]`)) follow(slider);
  });
  document.body.addEventListener("playground:changed", followAll);
  followAll();

  // --- what the answers in sight cost: an estimate, and nothing if no price is known ---

  const spent = document.querySelector("[data-spent]");
  const usd = new Intl.NumberFormat("en-US", {
    style: "currency",
    currency: "USD",
    maximumSignificantDigits: 2,
  });
  document.body.addEventListener("playground:placed", () => {
    const costs = [...pane.querySelectorAll(".turn [data-usd]")].map(({ dataset }) => dataset.usd);
    const known = costs.filter(Boolean);
    const sum = known.reduce((total, cost) => total + Number(cost), 0);
    spent.hidden = !sum;
    // After a reload, an answer whose run was not saved has no facts.
    const runs = [...pane.querySelectorAll(".turn")].map((row) => [
      row.querySelector("[name=run]").value,
      row.querySelector('[data-part="panel-answer"]'),
    ]);
    const told = new Set(runs.map(([run, panel]) => panel && run));
    const isPart = known.length < costs.length || runs.some(([run]) => run && !told.has(run));
    const { text, partly } = spent.dataset;
    spent.textContent = (isPart ? partly : text).replace("{0}", usd.format(sum));
  });

  // --- a message is dragged by its head ---

  let dragged = null;
  const list = document.getElementById("messages");
  list.addEventListener("pointerdown", ({ target }) => {
    const row = target.closest(".turn");
    if (row)
      row.draggable =
        Boolean(target.closest(".turn-head")) && !target.closest(":is(select, button, details)");
  });
  list.addEventListener("dragstart", (event) => {
    dragged = event.target.closest?.(".turn");
    if (!dragged) return;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", "");
    dragged.classList.add("dragged");
  });
  list.addEventListener("dragover", (event) => {
    const over = event.target.closest(".turn");
    if (!dragged) return;
    event.preventDefault();
    if (!over || over === dragged) return;
    const { top, height } = over.getBoundingClientRect();
    over[event.clientY < top + height / 2 ? "before" : "after"](dragged);
  });
  list.addEventListener("drop", (event) => dragged && event.preventDefault());
  list.addEventListener("dragend", () => {
    if (!dragged) return;
    dragged.classList.remove("dragged");
    dragged.draggable = false;
    dragged = null;
    requestForm.changed();
  });

  // --- drawers: on a small screen, the request's settings and the inspector are beside the conversation ---

  const drawers = [document.getElementById("settings"), document.getElementById("result")];
  const narrow = matchMedia("(max-width: 1099px)");
  function useDrawers() {
    for (const drawer of drawers) {
      if (narrow.matches) drawer.popover = "auto";
      else drawer.removeAttribute("popover");
    }
  }
  useDrawers();
  narrow.addEventListener("change", useDrawers);
  document.addEventListener("click", ({ target }) => {
    const opener = target.closest("[data-drawer]");
    // The button of the settings is named after the model, so it doesn't lead to the runs.
    if (opener?.dataset.drawer === "settings") document.getElementById("tab-request")?.click();
    if (opener) document.getElementById(opener.dataset.drawer).showPopover();
    if (target.closest("[data-close-drawer]")) target.closest("[popover]")?.hidePopover();
  });

  // The button of the settings says what matters most of them.
  const showModel = () => {
    const shown = pane.querySelector("[data-shown-model]");
    const { value } = document.getElementById("model");
    // A change of the page in between would end what Ctrl+Z takes back in one step.
    if (shown.textContent !== value) shown.textContent = value;
  };
  form.addEventListener("input", showModel);
  document.body.addEventListener("playground:changed", showModel);
  showModel();

  // What was sent is answered in the conversation, which a drawer would cover.
  document.addEventListener("htmx:before:request", ({ detail: { ctx } }) => {
    if (ctx.sourceElement === form) document.querySelector("[popover]:popover-open")?.hidePopover();
  });

  // Ready to write. A phone would cover the page with its keyboard.
  const write = document.querySelector("#composer [name=content]");
  if (document.activeElement === document.body && matchMedia("(pointer: fine)").matches && !location.hash)
    write.focus({ preventScroll: true });
  // The first message of an empty form is a suggestion: what is typed takes its place.
  const suggested = !/[?&]request=/.test(location.search) && !list.children.length && write.value;
  const replace = () => write.value === suggested && write.select();
  if (document.activeElement === write) replace();
  else write.addEventListener("click", replace, { once: true });
  // What is typed while no field has the focus is the next message.
  document.addEventListener("keydown", (event) => {
    const { key, target } = event;
    const isText = key.length === 1 && key !== " " && !event.ctrlKey && !event.metaKey && !event.altKey;
    if (isText && !target.closest("input, select, textarea, [role=tab]") && !event.isComposing) write.focus();
  });
})();
