// What needs to know what a request is: examples, fixes, an answer that joins the conversation. The server changes
// the form, and its answer is put into the page around what a person does meanwhile.
// Gives whether it was done; one comes after another, each on the form as the one before has left it.
window.editForm = (() => {
  const form = document.getElementById("request-form");
  const pane = form.querySelector(".messages-pane");
  // What a person has changed since the server was last asked.
  const since = new Set();
  form.addEventListener("input", ({ target }) => since.add(target));
  document.body.addEventListener("playground:changed", ({ detail }) => since.add(detail));
  let swapped = [];
  let focused = null;
  let entered = null;
  let turn = Promise.resolve();
  // Of a silent server, in milliseconds: the changes behind this one wait for it.
  const PATIENCE = 30_000;

  // `state` is the form to change, if it is another than the one in the page.
  function edit(action, state = null) {
    const busy = document.querySelector("[data-busy]");
    const told = (text) => {
      busy.textContent = text;
      return false;
    };
    turn = turn
      .then(() => {
        if (!("running" in busy.dataset)) told(""); // what the last one failed of
        return ask(action, told, state);
      })
      .catch(() => told(busy.dataset.lost));
    return turn;
  }

  // What the page around a frame asks for, when that is too long for an address.
  document.addEventListener("playground:fill", async ({ detail }) => {
    const done = await edit(`fill:${typeof detail === "string" ? detail : JSON.stringify(detail)}`);
    if (done) document.dispatchEvent(new Event("playground:filled"));
  });

  async function ask(action, told, state) {
    focused = document.activeElement;
    let answer;
    do {
      since.clear();
      const body = new URLSearchParams(state ?? new FormData(form));
      body.delete("api_key");
      body.set("do", action);
      const signal = AbortSignal.timeout(PATIENCE);
      const request = { method: "POST", body, signal, headers: { Accept: "application/json" } };
      answer = await (await fetch(form.dataset.edit, request)).json();
      // Again with what was typed meanwhile; but an example takes nothing from the form.
    } while (since.size && !action.startsWith("fill:"));
    requestForm.clearErrors();
    if (answer.error) {
      const problems = Object.entries(answer.error.fields);
      requestForm.showErrors(problems);
      return problems.length ? false : told(answer.error.title);
    }
    await htmx.swap({ text: answer.fields, sourceElement: pane, swap: "none" });
    requestForm.changed();
    return true;
  }

  // What the form offers may depend on a choice: an API's version has parameters of its own.
  form.addEventListener("change", ({ target }) => {
    if (target.matches("#parameters select")) edit("show");
  });

  // Before the fields come: what was typed meanwhile is what they say, what is unfolded stays so, and who has
  // gone to another field stays there.
  pane.addEventListener("htmx:before:swap", ({ detail: { ctx, tasks } }) => {
    if (ctx.sourceElement !== pane) return;
    for (const { fragment, target } of tasks) {
      for (const input of since) if (target.contains(input)) keep(input, fragment);
      const folds = fragment.querySelectorAll("details");
      target.querySelectorAll("details").forEach((fold, at) => {
        if (fold.open && folds[at]) folds[at].open = true;
      });
      // Focused below: Chromium refuses `autofocus` in a frame of another site, and complains.
      const next = fragment.querySelector("[autofocus]");
      next?.removeAttribute("autofocus");
      if (next && [focused, document.body].includes(document.activeElement)) entered = next.dataset.field;
    }
    swapped = tasks.map(({ target }) => target);
  });

  function keep(input, fragment) {
    const inFragment = ({ dataset }) => fragment.querySelector(`[data-field="${dataset.field}"]`);
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

  // Markup is where a field starts; here it is what the field holds.
  pane.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
    if (ctx.sourceElement !== pane) return;
    for (const target of swapped) {
      for (const input of [target, ...target.querySelectorAll("[data-field]")]) {
        if (input.type === "checkbox") input.checked = input.defaultChecked;
        // Without a choice it is the first, as in a page that loads: a list that shows none is not sent or kept.
        else if (input.options) {
          const chosen = [...input.options].findIndex((option) => option.defaultSelected);
          input.selectedIndex = Math.max(0, chosen);
        } else if ("defaultValue" in input && input.defaultValue !== input.value)
          input.value = input.defaultValue;
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
