// Keep the form across a reload, Back and a change of language, in this tab only and without the key.
(() => {
  const form = document.getElementById("request-form");
  // The page has the same form in every language.
  const query = new URLSearchParams(location.search);
  query.delete("lang");
  // All opened proof files have one address: the answer that came with the page tells them apart.
  const run = document.querySelector("[data-run]")?.dataset.run ?? "";
  // A link's fragment is another form, too. It can be long, so only a digest of it names the form.
  const LINK = /^#r=(.*)$/s;
  const keyFor = (hash) => {
    let digest = 0;
    for (const letter of LINK.test(hash) ? hash : "")
      digest = (Math.imul(digest, 31) + letter.charCodeAt(0)) | 0;
    return `playground.form:${location.pathname}?${query}${run && `#${run}`}${digest ? `#${digest}` : ""}`;
  };
  let storage = keyFor(location.hash);
  const switched = "playground.language-switched";

  let soon = null;
  let since = 0;
  function save() {
    clearTimeout(soon);
    soon = null;
    since = 0;
    const kept = JSON.stringify(editForm.state());
    try {
      try {
        sessionStorage.setItem(storage, kept);
      } catch {
        // Earlier versions of the conversation take up the room that its own text needs.
        sessionStorage.removeItem("playground.forks");
        sessionStorage.setItem(storage, kept);
      }
    } catch {
      /* storage is full or disabled */
    }
  }

  // Without scripts, the whole form is posted and rendered in the other language; with scripts, it is kept here.
  for (const button of document.querySelectorAll("[data-language]")) {
    const own = button.closest("form");
    button.setAttribute("form", own.id);
    for (const name of ["formaction", "formnovalidate"]) button.removeAttribute(name);
    own.addEventListener("submit", () => {
      storage = keyFor(""); // the server does not know the fragment, so the page comes back without it
      save();
      try {
        sessionStorage.setItem(switched, storage);
      } catch {
        /* then the form starts empty */
      }
    });
  }

  function isReturn() {
    let again = false;
    try {
      again = sessionStorage.getItem(switched) === storage;
      sessionStorage.removeItem(switched);
    } catch {
      /* storage is disabled */
    }
    const [entry] = performance.getEntriesByType("navigation");
    return again || ["reload", "back_forward"].includes(entry?.type);
  }
  const returned = isReturn();

  // Returns whether something was kept.
  function restore() {
    if (!returned) return false;
    let values;
    try {
      values = JSON.parse(sessionStorage.getItem(storage));
    } catch {
      return false;
    }
    if (!Array.isArray(values)) return false;
    restoreFields(values, requestForm);
    const api = form.querySelector("[name=dialect]");
    const kept = new Map(values).get("dialect");
    // Answers are drawn by the server.
    if ((kept && kept !== api.value) || form.querySelector("[data-answer]:checked")) editForm("show", values);
    else requestForm.changed();
    return true;
  }

  function restoreFields(values, { rows, listed, newRow }) {
    const texts = (name) => values.filter(([other]) => other === name).map(([, text]) => text);
    if (document.getElementById("messages")) {
      const wanted = texts("role").length;
      while (listed().length && rows().length > wanted) listed().at(-1).remove();
      while (rows().length < wanted) newRow();
    }
    for (const name of new Set(values.map(([name]) => name))) {
      const kept = texts(name);
      if (name === "dialect") continue; // the page's fields belong to its own API
      form.querySelectorAll(`[name="${CSS.escape(name)}"]:not(button)`).forEach((input, index) => {
        if (name === "role" && ![...input.options].some(({ value }) => value === kept[index]))
          input.add(new Option(kept[index], kept[index]));
        if (input.type !== "checkbox" && kept[index] !== undefined) input.value = kept[index];
      });
    }
    for (const tick of form.querySelectorAll("[type=checkbox]:enabled"))
      tick.checked = texts(tick.name).length > 0;
    for (const fold of form.querySelectorAll(".extra, [data-more-parameters]"))
      fold.open ||= [...fold.querySelectorAll("[name]")].some((input) => input.value.trim());
  }

  const linked = LINK.exec(location.hash);
  if (!restore() && linked && !form.elements.embed) editForm(`open:${linked[1]}`);
  // Another link was pasted into the address bar, or Back leads to another form: load it like any other URL.
  // A link within this page ("Skip to content") must not replace the fragment.
  const own = linked ? location.hash : "";
  window.addEventListener("hashchange", () => {
    const { hash } = location;
    if (LINK.test(hash) || !hash) {
      if (hash !== own) location.reload();
    } else if (own) history.replaceState(null, "", own);
  });
  // In a pause, because a form can be long. A page that is left saves what was typed last.
  const [PAUSE, LONGEST] = [400, 5000];
  form.addEventListener("input", () => {
    const now = performance.now();
    since ||= now;
    clearTimeout(soon);
    soon = setTimeout(save, Math.min(PAUSE, since + LONGEST - now));
  });
  window.addEventListener("pagehide", () => soon && save());
  document.body.addEventListener("playground:changed", save);
  document.body.addEventListener("playground:moved", save);
  // Load the code of the restored form as soon as htmx listens.
  document
    .querySelector("#result [data-part=codes]")
    .addEventListener("htmx:after:init", () => returned && requestForm.changed(), { once: true });
})();
