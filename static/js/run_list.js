// The list of runs: what is searched for, and which runs are selected.
(() => {
  const { showTimes } = window.runs;
  const selection = document.getElementById("selection");
  const search = document.getElementById("run-search");
  let olderAt = null; // how many runs there were when older ones were asked for

  const runs = () => document.querySelectorAll("li.run");

  const chosen = () => [...document.querySelectorAll("[name=run]:is(:checked, [type=hidden])")];

  // Runs stay selected when a search doesn't find them.
  function chooseAgain(keys) {
    for (const input of selection.querySelectorAll("[name=run]")) input.remove();
    for (const key of keys) {
      const box = document.querySelector(`[name=run][value="${CSS.escape(key)}"]`);
      if (box) box.checked = true;
      else {
        const input = document.createElement("input");
        Object.assign(input, { type: "hidden", name: "run", value: key });
        selection.append(input);
      }
    }
    count();
  }

  function count() {
    const number = chosen().length;
    for (const button of selection.querySelectorAll("[data-needs]")) {
      const { needs } = button.dataset;
      button.disabled = needs === "some" ? !number : number !== Number(needs);
    }
    const told = selection.querySelector("[data-selected]");
    told.textContent = number ? told.dataset.text.replace("{0}", number) : "";
    selection.querySelector("[data-choose-none]").hidden = !number;
  }

  // Days are in the reader's time zone. The server gets the times at which they begin and end.
  function dateInstants(input, daysLater) {
    const hidden = document.createElement("input");
    hidden.type = "hidden";
    hidden.name = input.name;
    input.removeAttribute("name");
    input.after(hidden);
    const label = document.querySelector(`label[for="${input.id}"]`);
    label.textContent = label.dataset.local;
    const set = () => {
      const [year, month, date] = input.value.split("-").map(Number);
      // While one types 2026, there are the years 2, 20 and 202.
      const isWhole = year >= 1900;
      hidden.value = isWhole ? new Date(year, month - 1, date + daysLater).toISOString() : "";
    };
    set();
    input.addEventListener("input", set);
  }

  // Back to the list, or a reload, searches again. The words are in no address, so the tab keeps them.
  const storage = `playground.run-search:${location.search}`;
  const searched = [...search.querySelectorAll(":is(input, select):not([type=hidden])")];
  const [entry] = performance.getEntriesByType("navigation");
  let sought = null;
  try {
    if (["reload", "back_forward"].includes(entry?.type))
      sought = JSON.parse(sessionStorage.getItem(storage));
    else sessionStorage.removeItem(storage);
  } catch {
    /* storage is disabled */
  }
  if (sought?.length === searched.length) {
    searched.forEach((field, at) => {
      if (field.type === "checkbox") field.checked = sought[at];
      else field.value = sought[at];
    });
    addEventListener("load", () => search.requestSubmit()); // once htmx can swap the list
  }
  search.addEventListener("htmx:before:request", () => {
    try {
      const values = searched.map((field) => (field.type === "checkbox" ? field.checked : field.value));
      sessionStorage.setItem(storage, JSON.stringify(values));
    } catch {
      /* storage is full or disabled */
    }
  });

  // On a phone, the list comes first, unless a filter is set.
  const filters = search.querySelector(".filters");
  const narrow = matchMedia("(max-width: 30rem)");
  function fold() {
    const isSet = [...filters.querySelectorAll(":is(input, select)")].some(({ value }) => value);
    filters.open = isSet || !narrow.matches;
  }
  fold();
  narrow.addEventListener("change", fold);

  dateInstants(document.getElementById("run-since"), 0);
  dateInstants(document.getElementById("run-until"), 1);
  document.addEventListener("change", ({ target }) => {
    if (target.name === "run") count();
  });
  // The search runs while one types, so leaving the field must not start it again.
  document.getElementById("run-text").addEventListener("change", (event) => event.stopPropagation());
  selection.querySelector("[data-choose-none]").addEventListener("click", () => {
    for (const box of document.querySelectorAll("[name=run]:checked")) box.checked = false;
    chooseAgain([]);
  });
  // This downloads a file, so htmx must not handle it.
  search.querySelector("[data-export]").addEventListener("click", (event) => {
    event.preventDefault();
    const { action } = search;
    search.action = event.currentTarget.formAction;
    search.submit();
    search.action = action;
  });
  let before = [];
  document.addEventListener("htmx:before:swap", () => {
    before = chosen().map(({ value }) => value);
  });
  document.addEventListener("htmx:before:request", ({ detail: { ctx } }) => {
    olderAt = ctx.sourceElement.matches("[data-older]") ? runs().length : null;
  });
  document.addEventListener("htmx:after:swap", () => {
    showTimes();
    chooseAgain(before);
    // The button with the focus is gone: go on where the older runs begin.
    if (olderAt !== null) runs()[olderAt]?.querySelector("a").focus();
    olderAt = null;
  });
  search.addEventListener("htmx:before:request", () => search.setAttribute("aria-busy", "true"));
  search.addEventListener("htmx:finally:request", () => search.removeAttribute("aria-busy"));
  count();
  // Ready to search, unless one comes back to a run of a long list.
  if (!location.hash && matchMedia("(pointer: fine)").matches)
    document.getElementById("run-text").focus({ preventScroll: true });
})();
