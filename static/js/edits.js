// Changes for which one has to know what a request is: examples, fixes, adding an answer to the conversation. The
// server changes the form, and its response is merged with what is typed meanwhile.
// `editForm` resolves to whether it worked. Edits run one after another, each on the form that the last one left.
window.editForm = (() => {
  const form = document.getElementById("request-form");
  const pane = form.querySelector(".messages-pane");
  const busy = document.querySelector("[data-busy]");
  // Fields that were changed since the last request to the server.
  const since = new Set();
  form.addEventListener("input", ({ target }) => since.add(target));
  document.body.addEventListener("playground:changed", ({ detail }) => since.add(detail));
  let swapped = [];
  let focused = null;
  let entered = null;
  let turn = Promise.resolve();
  let waiting = 0;
  // Milliseconds to wait for the server; later edits wait too.
  const PATIENCE = 30_000;
  // Milliseconds after which the page says that it waits.
  const SLOW = 400;

  // A state is the form's fields without the key and the tokens, which nothing keeps.
  const TOKENS = ["csrfmiddlewaretoken", "embed_token"];
  // Not with `FormData`, for which the browser first lays out the page: a state is kept while one types.
  const isSent = (field) =>
    field.matches(
      ":enabled:not(button, fieldset, output, :is([type=checkbox], [type=radio]):not(:checked))",
    ) && field.selectedIndex !== -1; // a list without a choice
  const fields = () =>
    [...form.elements].filter((field) => field.name && isSent(field)).map(({ name, value }) => [name, value]);
  const state = () => fields().filter(([name]) => name !== "api_key" && !TOKENS.includes(name));
  const tokens = () => fields().filter(([name]) => TOKENS.includes(name));

  // `other` is the state to change, if not that of the page's form.
  function edit(action, other = null) {
    const told = (text) => {
      busy.textContent = text;
      return false;
    };
    waiting += 1;
    turn = turn
      .then(() => {
        if (!("running" in busy.dataset)) told(""); // remove the last error
        return whileSaying(busy.dataset.changing, ask(action, told, other));
      })
      .catch(() => told(busy.dataset.lost))
      .finally(() => {
        waiting -= 1;
      });
    return turn;
  }

  // If the server takes a while, say so, unless there is something to read already.
  async function whileSaying(text, work) {
    const timer = setTimeout(() => {
      busy.textContent ||= text;
    }, SLOW);
    try {
      return await work;
    } finally {
      clearTimeout(timer);
      if (busy.textContent === text) busy.textContent = "";
    }
  }

  edit.state = state;
  // Resolves once no edit is waiting, to whether the last one worked.
  edit.settled = async () => {
    let isDone = true;
    while (waiting) isDone = await turn;
    return isDone;
  };

  // Send, Count tokens and the like wait for the edits before them: they are for the form that those leave. After an
  // edit that failed they do nothing, as its error is shown.
  const held = new Set();
  let released = null;

  function hold(event, action, again) {
    if (!waiting || released === action) return false;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (held.has(action)) return true;
    held.add(action);
    turn.then((isDone) => {
      held.delete(action);
      if (!isDone) return;
      released = action;
      again();
      released = null;
    });
    return true;
  }

  const first = { capture: true };
  const doesMore = "#request-form button[hx-post], [data-copy-link]";
  document.addEventListener(
    "click",
    (event) => {
      const button = event.target.closest?.(doesMore);
      if (button) hold(event, button, () => button.click());
    },
    first,
  );
  document.addEventListener(
    "submit",
    (event) => {
      if (event.target !== form || !hold(event, form, () => form.requestSubmit(event.submitter))) return;
      const { text } = busy.dataset;
      busy.textContent = text;
      turn.then((isDone) => {
        if (!isDone && busy.textContent === text) busy.textContent = "";
      });
    },
    first,
  );

  // The request of the page around a frame, if it is too long for the URL.
  document.addEventListener("playground:fill", async ({ detail }) => {
    const text = typeof detail === "string" ? detail : JSON.stringify(detail);
    const done = await edit(`fill:${form.elements.dialect.value}:${text}`);
    if (done) document.dispatchEvent(new Event("playground:filled"));
  });

  async function ask(action, told, other) {
    focused = document.activeElement;
    const before = state();
    const isOpened = action.startsWith("open:");
    let answer;
    do {
      since.clear();
      const body = new URLSearchParams([...(other ?? state()), ...tokens()]);
      body.set("do", action);
      const signal = AbortSignal.timeout(PATIENCE);
      const request = { method: "POST", body, signal, headers: { Accept: "application/json" } };
      answer = await (await fetch(form.dataset.edit, request)).json();
      // Repeat with what was typed meanwhile, unless another form takes the place of this one: then it is kept in that.
    } while (since.size && !other && !answer.replaces);
    requestForm.clearErrors();
    if (answer.error) {
      const problems = Object.entries(answer.error.fields);
      requestForm.showErrors(problems);
      return problems.length ? false : told(answer.error.title);
    }
    if (answer.replaces) document.dispatchEvent(new Event("playground:replacing"));
    await htmx.swap({ text: answer.fields, sourceElement: pane, swap: "none" });
    if (isOpened) document.dispatchEvent(new CustomEvent("playground:opened", { detail: answer }));
    if (action.startsWith("append:")) requestForm.moved();
    else requestForm.changed();
    if (!other) window.undo?.push(action.split(":")[0], before); // an embed has none
    return true;
  }

  // Parameters can depend on a choice, such as an API's version.
  form.addEventListener("change", ({ target }) => {
    if (target.matches("#parameters select")) edit("show");
  });

  // The server does not have the folds of answers that arrived since.
  const FOLDS = "details:not(.menu, .edit, [data-view] *)";

  // Before the swap: keep what was typed meanwhile, what is unfolded, and the focus if it has moved.
  pane.addEventListener("htmx:before:swap", ({ detail: { ctx, tasks } }) => {
    if (ctx.sourceElement !== pane) return;
    for (const { fragment, target } of tasks) {
      for (const input of since) if (target.contains(input)) keep(input, fragment);
      const folds = fragment.querySelectorAll(FOLDS);
      target.querySelectorAll(FOLDS).forEach((fold, at) => {
        if (fold.open && folds[at]) folds[at].open = true;
      });
      // Focused below: Chromium refuses `autofocus` in a frame of another site, and complains.
      const next = fragment.querySelector("[autofocus]");
      next?.removeAttribute("autofocus");
      // Whoever tries one value of a parameter after another goes on there, as does who went to the key or the model.
      const { activeElement } = document;
      if (
        next &&
        [focused, document.body].includes(activeElement) &&
        !activeElement.closest("#parameters,input")
      )
        entered = next.dataset.field;
    }
    swapped = tasks.map(({ target }) => target);
  });

  function keep(input, fragment) {
    // The composer's place among the messages can be another one.
    const isComposed = input.closest("#composer");
    const inFragment = ({ dataset, name }) =>
      fragment.querySelector(isComposed ? `[name="${name}"]` : `[data-field="${dataset.field}"]`);
    if (!inFragment(input)) {
      const row = input.closest("[data-message]");
      fragment.append(row.cloneNode(true));
      for (const part of row.querySelectorAll("[data-field]")) say(part, inFragment(part));
    }
    say(input, inFragment(input));
  }

  function say(input, fresh) {
    if (input.type === "checkbox") fresh.defaultChecked = input.checked;
    else if (input.options)
      fresh.replaceChildren(
        ...[...input.options].map(({ text, value, selected }) => new Option(text, value, selected)),
      );
    else fresh.defaultValue = input.value;
  }

  // Markup sets only a field's default, so set its value too.
  pane.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
    if (ctx.sourceElement !== pane) return;
    for (const target of swapped) {
      for (const input of [target, ...target.querySelectorAll("[data-field]")]) {
        if (input.type === "checkbox") input.checked = input.defaultChecked;
        // Without a selected option, use the first, as a loading page does: an empty list is neither sent nor kept.
        else if (input.options) {
          const chosen = [...input.options].findIndex((option) => option.defaultSelected);
          input.selectedIndex = Math.max(0, chosen);
        } else if ("defaultValue" in input && input.defaultValue !== input.value && !since.has(input))
          input.value = input.defaultValue; // unless it was typed during the swap
      }
    }
    if (entered) {
      const field = pane.querySelector(`[data-field="${entered}"]`);
      requestForm.enter(field.closest("[data-message]"), field);
    }
    entered = null;
  });

  return edit;
})();
