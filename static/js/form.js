// The form: its rows, buttons and errors. Only the server knows what a request is (`playground/forms/`), so it makes
// most changes (`edits.js`). Rows are added, moved and removed here, because that needs no such knowledge and must
// not wait for a response.
window.requestForm = (() => {
  const form = document.getElementById("request-form");
  const list = document.getElementById("messages"); // not in an embed with fixed messages
  // Where the next message is written: the last row of the page's form. An embed has none.
  const composer = document.getElementById("composer");
  // Each API has its own rows.
  const template = () => document.getElementById("message-template").content;
  const tell = (name, what) =>
    document.body.dispatchEvent(new CustomEvent(name, { bubbles: true, detail: what }));
  // Tells other scripts that the form changed: `what`, or the whole form.
  const changed = (what = form) => {
    number();
    showCount();
    tell("playground:changed", what);
  };
  // Tells that its rows did, as the conversation went on: what was sent stays the same.
  const moved = () => {
    number();
    tell("playground:moved", form);
  };

  // --- messages ---

  const listed = () => [...(list?.querySelectorAll("[data-message]") ?? [])];
  const rows = () => (composer ? [...listed(), composer] : listed());
  // What an element is within its row, whatever the row's number.
  const placeOf = (element) =>
    element.name === "do"
      ? element.value.split(":", 1)[0]
      : (element.name || element.tagName) + ("again" in element.dataset ? " again" : "");
  const numbered = (row) =>
    new Map([...row.querySelectorAll("[data-numbered]")].map((element) => [placeOf(element), element]));

  function number() {
    if (!list) return;
    // The template marks where a row's number goes.
    const marked = [...numbered(template())].map(([place, { attributes }]) => [
      place,
      [...attributes].filter(({ value }) => /{[01]}/.test(value)),
    ]);
    rows().forEach((row, index) => {
      const elements = numbered(row);
      for (const [place, attributes] of marked)
        for (const { name, value } of attributes)
          elements
            .get(place)
            ?.setAttribute(name, value.replaceAll("{0}", index).replaceAll("{1}", index + 1));
    });
    listed().forEach((row, index, all) => {
      row.querySelector("button[value^=up]").disabled = index === 0;
      row.querySelector("button[value^=down]").disabled = index === all.length - 1;
    });
  }

  const newRow = () => list.appendChild(template().firstElementChild.cloneNode(true));

  // --- the composer ---

  const PARTS = ["role", "content", "call", "extra"];
  const inRow = (row, name) => row.querySelector(`[name=${name}]`);

  function copy(from, to) {
    for (const name of PARTS) {
      const [source, target] = [from, to].map((row) => inRow(row, name));
      if (target.options && ![...target.options].some(({ value }) => value === source.value))
        target.add(new Option(source.selectedOptions[0]?.text ?? source.value, source.value));
      target.value = source.value;
    }
    inRow(to, "content").defaultValue = inRow(from, "content").value;
  }

  const isEmpty = (row) => !["content", "call", "extra"].some((name) => inRow(row, name).value.trim());

  function empty(row) {
    for (const name of ["content", "call", "extra"]) inRow(row, name).value = "";
    inRow(row, "role").value = inRow(template(), "role").value;
    row.querySelector(".extra").open = false;
  }

  // Put what the composer has among the messages: it is sent, or added. Returns its row.
  function commit() {
    if (!composer || isEmpty(composer)) return null;
    const row = newRow();
    copy(composer, row);
    empty(composer);
    moved();
    return row;
  }

  // Take a message back into the composer: it was refused. What was written there meanwhile stays.
  function takeBack(row) {
    if (!row.isConnected || !isEmpty(composer)) return;
    copy(row, composer);
    row.remove();
    moved();
  }

  // Scroll the whole row into view, not only the focused field. In JSON, put the cursor into the first empty string: a
  // tool's result.
  function enter(row, field = row.querySelector("[name=content]")) {
    field.focus({ preventScroll: true });
    const gap = field.value.indexOf('""') + 1;
    if (field.name === "extra" && gap) field.setSelectionRange(gap, gap);
    row.scrollIntoView({ block: "nearest" });
  }

  function add() {
    if (composer) {
      if (commit()) changed();
      clearNone();
      inRow(composer, "content").focus();
      return;
    }
    // A single text needs no role, but one of several does: give it the role of a new row.
    const [first, second] = rows();
    const role = first?.querySelector("[name=role]");
    const isText = role && !second && !role.value && !first.querySelector("[name=extra]").value.trim();
    const row = newRow();
    if (isText) role.value = row.querySelector("[name=role]").value;
    changed();
    clearNone();
    enter(row);
  }

  // Add the system message, the first one.
  function addFirst({ dataset: { role } }) {
    const row = newRow();
    list.prepend(row);
    inRow(row, "role").value = role;
    changed();
    enter(row);
  }

  // The error was that there is no message.
  function clearNone() {
    const button = form.querySelector(".add");
    clear([at("data-error-for", button.dataset.field)]);
    button.removeAttribute("aria-invalid");
  }

  // An item that is no message has only its JSON, which can be folded.
  const textOf = (row) =>
    ["content", "extra", "role"]
      .map((name) => row.querySelector(`[name=${name}]`))
      .find((field) => field.checkVisibility());

  function step(row, direction, focused) {
    const neighbour = direction === "up" ? row.previousElementSibling : row.nextElementSibling;
    if (!neighbour || row === composer) return;
    neighbour[direction === "up" ? "before" : "after"](row);
    changed();
    // At either end the button is disabled and would lose the focus.
    (focused.disabled || !focused.checkVisibility() ? (textOf(row) ?? row) : focused).focus();
    row.scrollIntoView({ block: "nearest" });
  }

  function remove(row) {
    const next = row.nextElementSibling || row.previousElementSibling || composer;
    const before = editForm.state();
    row.remove();
    changed();
    window.undo?.push("removed", before); // an embed has none
    ((next && textOf(next)) ?? form.querySelector(".add")).focus();
  }

  // --- parameters ---

  function showCount() {
    const fields = [...form.querySelectorAll("[data-more-parameters] [name]")];
    form.querySelector("[data-set-count]").textContent =
      fields.filter((input) => input.value.trim()).length || "";
  }

  // --- buttons ---

  async function press(button) {
    const verb = button.value.split(":", 1)[0];
    const row = button.closest("[data-message]");
    if (verb === "remove") return remove(row);
    if (verb === "up" || verb === "down") return step(row, verb, button);
    // At the limit, let the server say why.
    if (verb === "add" && rows().length < list.dataset.most) return add();
    if (button.dataset.role && rows().length < list.dataset.most) return addFirst(button);
    const { done } = button.dataset;
    button.disabled = Boolean(done);
    const isDone = await editForm(button.value);
    button.disabled = isDone && Boolean(done);
    if (!isDone || !done) return;
    const label = button.querySelector("span");
    button.dataset.before = label.textContent;
    label.textContent = done;
    // What changed can be out of sight. A disabled button loses the focus: go to what comes next.
    if (button.matches(".fix")) document.getElementById("send").focus({ preventScroll: true });
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[name=do]");
    if (button) {
      event.preventDefault();
      press(button);
      button.closest("details.menu")?.removeAttribute("open");
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
      step(row, event.key === "ArrowUp" ? "up" : "down", document.activeElement);
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

  // --- what the server refused ---

  function clearErrors() {
    for (const marked of form.querySelectorAll("[aria-invalid]")) marked.removeAttribute("aria-invalid");
    clear(form.querySelectorAll(".field-error"));
  }

  function clear(errors) {
    for (const text of errors) {
      text.hidden = true;
      text.textContent = "";
    }
  }

  // Show an error of `messages.2.name` at `messages.2` if it has no place of its own.
  function at(attribute, name) {
    for (let place = name; place; place = place.slice(0, Math.max(0, place.lastIndexOf(".")))) {
      const found = form.querySelector(`[${attribute}~="${CSS.escape(place)}"]`);
      if (found) return found;
    }
    return null;
  }

  // Focus a field of the settings, which can be in a drawer and behind the runs.
  function reveal(field) {
    if (field.closest("#side-request[hidden]")) document.getElementById("tab-request").click();
    const drawer = field.closest("[popover]:not(:popover-open)");
    drawer?.showPopover();
    field.focus();
  }

  const setInMore = (name) => form.elements.more?.value.includes(`"${name.split(".", 1)[0]}"`);

  // `pairs` are fields and their errors; two can share a place. Returns the fields that have a place.
  function showErrors(pairs) {
    const told = new Map();
    const placed = new Set();
    let first = null;
    for (const [name, sentence] of pairs) {
      // A field without a place of its own was entered as JSON.
      const isMore = !at("data-error-for", name) && setInMore(name);
      const place = isMore ? "more" : name;
      const text = at("data-error-for", place);
      if (!text) continue;
      placed.add(name);
      const input = at("data-field", place);
      told.set(text, [...(told.get(text) ?? []), isMore ? `${name}: ${sentence}` : sentence]);
      input?.setAttribute("aria-invalid", "true");
      for (let up = input?.closest("details"); up; up = up.parentElement.closest("details")) up.open = true;
      first ||= input;
    }
    for (const [text, sentences] of told) {
      text.hidden = false;
      text.textContent = sentences.join(" ").replaceAll("。 ", "。");
    }
    // There is no message: write one.
    if (composer && first?.matches(".add")) first = inRow(composer, "content");
    if (first?.type === "hidden") {
      // An API has no field that could be focused: its error is.
      first = told.keys().next().value;
      first.tabIndex = -1;
    }
    const edit = first?.closest(".turn")?.querySelector(".edit");
    if (edit) edit.open = true;
    if (first) reveal(first);
    return placed;
  }

  // --- start ---

  document.addEventListener("htmx:config:request", (event) => {
    // Code is written without the key, so do not send it.
    if (event.detail.ctx.sourceElement.dataset.part === "codes")
      event.detail.ctx.request.body.delete("api_key");
  });
  document.addEventListener("htmx:before:request", (event) => {
    const { sourceElement } = event.detail.ctx;
    if ([sourceElement, sourceElement.form].includes(form)) clearErrors();
  });
  document.addEventListener("htmx:after:swap", () => {
    const refusal = document.querySelector("[data-refusal]:not([data-shown])");
    if (refusal) {
      refusal.dataset.shown = "";
      const problems = [...refusal.querySelectorAll("[data-field]")];
      const placed = showErrors(problems.map(({ dataset }) => [dataset.field, dataset.sentence]));
      // Say what is wrong once, beside its field. A notice still names the field.
      for (const problem of problems) {
        if (!placed.has(problem.dataset.field)) continue;
        const name = problem.querySelector("code");
        if (refusal.matches("ul")) problem.remove();
        else if (name) problem.replaceChildren(name);
      }
    }
  });
  form.addEventListener("input", (event) => {
    event.target.removeAttribute("aria-invalid");
    if (composer?.contains(event.target) && form.querySelector(".add[aria-invalid]")) clearNone();
    showCount();
  });

  const isComposerEmpty = () => isEmpty(composer);

  return {
    isComposerEmpty,
    rows,
    listed,
    newRow,
    enter,
    reveal,
    commit,
    takeBack,
    changed,
    moved,
    clearErrors,
    showErrors,
  };
})();
