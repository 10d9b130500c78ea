// The form: messages, parameters, provider, and what its buttons do. Without scripts the server does the
// same from the same buttons (`pages/edits.py`): a button's value says what to do.
(() => {
  const form = document.getElementById("request-form");
  const list = document.getElementById("messages");
  const template = document.getElementById("message-template");
  const provider = document.getElementById("provider");
  const model = document.getElementById("model");
  const field = (name) => form.elements.namedItem(name);
  const changed = () => {
    number();
    save();
    showCount();
    document.body.dispatchEvent(new CustomEvent("playground:changed", { bubbles: true }));
  };

  // --- messages ---

  // In an embed the messages may be fixed: then there is no list of them.
  const rows = () => [...(list?.querySelectorAll("[data-message]") ?? [])];

  function number() {
    rows().forEach((row, index, all) => {
      for (const named of row.querySelectorAll("[data-label]")) {
        named.setAttribute("aria-label", named.dataset.label.replace("%s", index + 1));
      }
      const { id } = Object.assign(row.querySelector("[data-message-error]"), {
        id: `message-${index}-error`,
      });
      for (const input of row.querySelectorAll("[aria-describedby]"))
        input.setAttribute("aria-describedby", id);
      for (const button of row.querySelectorAll("[data-step]"))
        button.value = `${button.dataset.step}:${index}`;
      row.dataset.role = row.querySelector("[name=role]").value;
      row.querySelector("[data-step=up]").disabled = index === 0;
      row.querySelector("[data-step=down]").disabled = index === all.length - 1;
    });
  }

  const newRow = () => list.appendChild(template.content.firstElementChild.cloneNode(true));

  function showMessages(messages) {
    const present = rows();
    messages.forEach((message, at) => {
      const row = present[at] ?? newRow();
      for (const [name, text] of Object.entries(message)) {
        const input = row.querySelector(`[name=${name}]`);
        if (name === "role" && ![...input.options].some((option) => option.value === text))
          input.add(new Option(text, text));
        if (input.value !== text) input.value = text;
      }
      if (message.extra) row.querySelector(".extra").open = true;
    });
    for (const row of present.slice(messages.length)) row.remove();
  }

  function step(row, direction, button) {
    const neighbour = direction === "up" ? row.previousElementSibling : row.nextElementSibling;
    if (!neighbour) return;
    neighbour[direction === "up" ? "before" : "after"](row);
    changed();
    // At an end the button is disabled and would lose the focus.
    (button && !button.disabled ? button : row.querySelector("[name=content]")).focus();
    row.scrollIntoView({ block: "nearest" });
  }

  function remove(row) {
    const next = row.nextElementSibling || row.previousElementSibling;
    row.remove();
    changed();
    (next ? next.querySelector("[name=content]") : form.querySelector(".add")).focus();
  }

  function add() {
    const row = newRow();
    changed();
    focus(row);
  }

  function focus(row) {
    row.querySelector("[name=content]").focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  }

  // --- parameters ---

  function openMoreIfSet() {
    const details = form.querySelector("[data-more-parameters]");
    if (countSet()) details.open = true;
  }

  const countSet = () =>
    [...form.querySelectorAll("[data-more-parameters] [name]")].filter((input) => input.value.trim()).length;

  function showCount() {
    form.querySelector("[data-set-count]").textContent = countSet() || "";
  }

  // --- buttons ---

  const actions = {
    add,
    remove: (button) => remove(button.closest("[data-message]")),
    up: (button) => step(button.closest("[data-message]"), "up", button),
    down: (button) => step(button.closest("[data-message]"), "down", button),
    fill: (button) => edit(button.value),
    change: (button) => edit(button.value),
    append: async (button) => {
      button.disabled = true;
      const before = rows().length;
      const done = await edit(button.value);
      button.disabled = done;
      if (!done) return;
      button.querySelector("span").textContent = button.dataset.done;
      // An empty last message has given way. The one after the answer wants to be written.
      focus(
        rows()
          .slice(before)
          .find((row) => row.dataset.role !== "assistant") ?? rows().at(-1),
      );
    },
  };

  // The server changes the form, without the key: which field can carry what is its knowledge alone.
  // False where it did not.
  async function edit(action) {
    let before;
    let answer;
    try {
      do {
        // again, where something was typed meanwhile
        before = JSON.stringify(state());
        const body = new URLSearchParams(new FormData(form));
        body.delete("api_key");
        body.set("do", action);
        answer = await (
          await fetch(form.dataset.edit, { method: "POST", body, headers: { Accept: "application/json" } })
        ).json();
      } while (JSON.stringify(state()) !== before);
    } catch {
      const status = document.querySelector("[data-busy]");
      status.textContent = status.dataset.lost;
      return false;
    }
    clearErrors();
    if (answer.error) {
      showErrors(Object.entries(answer.error.fields));
      return false;
    }
    show(answer);
    changed();
    openMoreIfSet();
    return true;
  }

  function show({ messages, ...others }) {
    for (const [name, value] of Object.entries(others)) {
      if (field(name)) field(name)[field(name).type === "checkbox" ? "checked" : "value"] = value;
    }
    if (list) showMessages(messages);
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[name=do]");
    if (button) {
      event.preventDefault();
      actions[button.value.split(":", 1)[0]](button);
      button.closest("details.menu")?.removeAttribute("open");
    }
    const listed = event.target.closest("[data-model]");
    if (listed) {
      model.value = listed.dataset.model;
      changed();
      model.focus();
    }
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      form.requestSubmit(document.getElementById("send"));
    }
    const row = event.target.closest?.("[data-message]");
    if (row && event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
      event.preventDefault();
      const focused = document.activeElement;
      step(row, event.key === "ArrowUp" ? "up" : "down", focused);
    }
    if (event.key === "Escape") {
      const menu = event.target.closest?.("details.menu[open]");
      if (menu) {
        event.preventDefault();
        menu.open = false;
        menu.querySelector("summary").focus();
      }
    }
  });

  // --- provider ---

  let suggested = JSON.parse(provider?.selectedOptions[0].dataset.models ?? "[]");

  function showProvider() {
    if (!provider) return; // an embed has one of its own
    const { state, ready, models, key, docs } = provider.selectedOptions[0].dataset;
    form.querySelector("[data-own-base]").toggleAttribute("data-off", provider.value !== "");
    const line = document.getElementById("provider-state");
    const withKey = key !== "none" && field("api_key").value;
    line.querySelector(".dot").dataset.ready = withKey ? "yes" : ready;
    line.querySelector("[data-state-text]").textContent = withKey ? line.dataset.withKey : state;
    const link = line.querySelector("[data-docs-link]");
    link.hidden = !docs;
    link.href = docs;
    form.querySelector("[data-key-field]").hidden = key === "none";
    const input = field("api_key");
    input.placeholder = key === "server" ? input.dataset.server : input.dataset.typed;
    suggest(JSON.parse(models));
  }

  function suggest(names) {
    document
      .getElementById("model-suggestions")
      .replaceChildren(...names.map((name) => new Option(name, name)));
  }

  // What is typed narrows the list down; a whole name that was picked does not.
  model.addEventListener("input", () => {
    const list = document.querySelector("#models .model-list");
    if (!list) return;
    list.row ??= list.firstElementChild.cloneNode(true);
    list.most ??= list.children.length;
    list.names ??= [...namesShown(), ...JSON.parse(list.dataset.more)];
    const words = model.value.toLowerCase().split(/\s+/);
    const matching = list.names.filter((name) => words.every((word) => name.toLowerCase().includes(word)));
    const shown = matching.slice(0, list.most);
    list.replaceChildren(
      ...shown.map((name) => {
        const row = list.row.cloneNode(true);
        const button = row.querySelector("[data-model]");
        button.dataset.model = button.textContent = name;
        return row;
      }),
    );
    list.hidden = !shown.length;
    const status = document.querySelector("#models [data-narrowed]");
    const counts = { matching: matching.length, shown: shown.length, total: list.names.length };
    const text = shown.length < matching.length ? status.dataset.cut : status.dataset.all;
    status.textContent = text.replace(/{(\w+)}/g, (_, name) => counts[name]);
  });

  const namesShown = () =>
    [...document.querySelectorAll("#models [data-model]")].map((button) => button.dataset.model);

  provider?.addEventListener("change", () => {
    const models = JSON.parse(provider.selectedOptions[0].dataset.models);
    if (!model.value || suggested.includes(model.value)) model.value = models[0] || model.value;
    suggested = models;
    document.getElementById("models").replaceChildren();
    showProvider();
    showCount();
  });

  document.addEventListener("playground:key", showProvider);
  // What the page around a frame asks for, when that is too long for an address.
  document.addEventListener("playground:fill", async ({ detail }) => {
    const done = await edit(`fill:${typeof detail === "string" ? detail : JSON.stringify(detail)}`);
    if (done) document.dispatchEvent(new Event("playground:filled"));
  });

  // --- what the server refused ---

  function clearErrors() {
    for (const marked of form.querySelectorAll("[aria-invalid]")) marked.removeAttribute("aria-invalid");
    for (const text of form.querySelectorAll(".field-error")) {
      text.hidden = true;
      text.textContent = "";
    }
  }

  function place(name) {
    const [head, index, part] = name.split(".");
    if (head === "messages" && index !== undefined) {
      const row = rows()[index];
      return (
        row && {
          input: row.querySelector(`[name="${part || "content"}"]`),
          text: row.querySelector("[data-message-error]"),
        }
      );
    }
    const text = form.querySelector(`[data-error-for="${CSS.escape(name)}"]`);
    const input = head === "messages" ? form.querySelector(".add") : document.getElementById(name);
    return text && { input, text };
  }

  // Pairs of a field's name and what is wrong with it. Two of them may stand in one place.
  function showErrors(pairs) {
    const told = new Map();
    let first = null;
    for (const [name, sentence] of pairs) {
      const at = place(name);
      if (!at) continue;
      told.set(at.text, [...(told.get(at.text) ?? []), sentence]);
      at.input?.setAttribute("aria-invalid", "true");
      for (let up = at.input?.closest("details"); up; up = up.parentElement.closest("details"))
        up.open = true;
      first ||= at.input;
    }
    for (const [text, sentences] of told) {
      text.hidden = false;
      text.textContent = sentences.join(" ");
    }
    first?.focus();
  }

  // --- kept over reload and Back, in this tab only; the key is not part of it ---

  // The same page in another language has the same form.
  const query = new URLSearchParams(location.search);
  query.delete("lang");
  const storage = `playground.form:${location.pathname}?${query}`;
  const switched = "playground.language-switched";

  function state() {
    const values = {};
    for (const input of form.querySelectorAll("input[name], select[name], textarea[name]")) {
      if (
        ["api_key", "csrfmiddlewaretoken", "embed_token"].includes(input.name) ||
        input.closest("[data-message]")
      )
        continue;
      values[input.name] = input.type === "checkbox" ? input.checked : input.value;
    }
    values.messages = rows().map((row) =>
      Object.fromEntries(
        ["role", "content", "tool_call_id", "extra"].map((name) => [
          name,
          row.querySelector(`[name=${name}]`).value,
        ]),
      ),
    );
    return values;
  }

  function save() {
    try {
      sessionStorage.setItem(storage, JSON.stringify(state()));
    } catch {
      /* full or switched off: nothing to keep it in */
    }
  }

  // Without scripts the whole form is posted to be filled again in the other language; with them it is kept here.
  for (const button of document.querySelectorAll("[data-language]")) {
    const own = button.closest("form");
    button.setAttribute("form", own.id);
    for (const name of ["formaction", "formnovalidate"]) button.removeAttribute(name);
    own.addEventListener("submit", () => {
      save();
      try {
        sessionStorage.setItem(switched, storage);
      } catch {
        /* then the form starts anew */
      }
    });
  }

  function isReturn() {
    let again = false;
    try {
      again = sessionStorage.getItem(switched) === storage;
      sessionStorage.removeItem(switched);
    } catch {
      /* storage is switched off */
    }
    const [entry] = performance.getEntriesByType("navigation");
    return again || ["reload", "back_forward"].includes(entry?.type);
  }
  const returned = isReturn();

  function restore() {
    if (!returned) return;
    let values;
    try {
      values = JSON.parse(sessionStorage.getItem(storage));
    } catch {
      return;
    }
    if (!values) return;
    show(values);
    suggested = JSON.parse(provider?.selectedOptions[0]?.dataset.models || "[]");
  }

  // --- start ---

  document.addEventListener("htmx:config:request", (event) => {
    // Code is made without the key, so the key stays here.
    if (event.detail.ctx.sourceElement.id === "codes") event.detail.ctx.request.body.delete("api_key");
  });
  document.addEventListener("htmx:before:request", (event) => {
    if (event.detail.ctx.sourceElement === form) clearErrors();
  });
  document.addEventListener("htmx:before:response", ({ detail: { ctx } }) => {
    const told = form.querySelector("[data-key-note]");
    if (!told || ctx.sourceElement.id === "codes") return;
    const note = ctx.response.headers.get("X-Key-Note");
    told.hidden = !note;
    told.textContent = note ? JSON.parse(note) : "";
  });
  document.addEventListener("htmx:after:swap", () => {
    const listed = namesShown();
    if (listed.length) suggest(listed);
    const refusal = document.querySelector("[data-refusal]:not([data-shown])");
    if (refusal) {
      refusal.dataset.shown = "";
      showErrors(
        [...refusal.querySelectorAll("[data-field]")].map(({ dataset }) => [dataset.field, dataset.sentence]),
      );
    }
  });
  form.addEventListener("input", (event) => {
    if (event.target.name === "role") number();
    event.target.removeAttribute("aria-invalid");
    save();
    showCount();
  });

  restore();
  showProvider();
  number();
  showCount();
  // What was restored, by us or by the browser, has code of its own; it can be asked for once htmx listens.
  document.getElementById("codes").addEventListener(
    "htmx:after:init",
    () => {
      if (returned) changed();
    },
    { once: true },
  );
})();
