// The conversation: what is sent becomes a message at once, and so does its answer. Each answer keeps its proof, which
// the inspector shows; it can be asked for again, and what came after it stays as another version.
window.conversation = (() => {
  const form = document.getElementById("request-form");
  const list = document.getElementById("messages");
  const pane = list.closest(".conversation");
  const talk = pane.querySelector("[data-talk]");
  const slot = document.getElementById("answer");
  const send = document.getElementById("send");
  const result = document.getElementById("result");
  const outcome = result.querySelector("[data-part=outcome]");
  const codes = result.querySelector("[data-part=codes]");
  const { listed } = requestForm;

  const NAMES = ["role", "content", "call", "extra", "run", "fork"];
  const field = (row, name) => row.querySelector(`[name=${name}]`);
  const valuesOf = (row) => NAMES.map((name) => field(row, name)?.value ?? "");
  const isSend = (event) => event.detail.ctx?.sourceElement === form;
  const isBusy = () => outcome.hasAttribute("aria-busy");

  // --- answers, and what the inspector shows of them, by the id of their exchange ---

  const answers = new Map(); // {section, panels, sent}
  let shown = "";
  let sent = null; // the form as it was sent
  let sentRow = null; // the message that it took from the composer

  const sectionIn = (place) => place.querySelector('[data-part="panel-answer"]');
  const runOf = (row) => field(row, "run").value;

  // The server draws a message from its text; here is the answer that brought it, with all its facts.
  function place() {
    const placed = new Set();
    for (const row of listed()) {
      const known = answers.get(runOf(row));
      const view = row.querySelector("[data-view]");
      if (known && !placed.has(runOf(row))) {
        placed.add(runOf(row));
        if (known.section.parentElement !== view) view.replaceChildren(known.section);
      }
      row.classList.toggle("chosen", Boolean(runOf(row)) && runOf(row) === shown);
    }
    showVersions();
    document.body.dispatchEvent(new Event("playground:placed"));
    recall();
  }

  // A conversation that was reloaded, or taken up again, gets the facts of its answers from their runs.
  const asked = new Set();
  async function recall() {
    const { runUrl } = pane.dataset;
    const unknown = listed()
      .map(runOf)
      .filter((run) => run && !answers.has(run) && !asked.has(run));
    if (!runUrl || isBusy()) return;
    for (const run of new Set(unknown)) {
      asked.add(run);
      const answer = await fetch(runUrl.replace("RUN", encodeURIComponent(run)), {
        headers: { "HX-Request": "true" },
      });
      if (!answer.ok) continue; // it was not saved, or deleted
      const box = document.body.appendChild(document.createElement("div"));
      box.hidden = true;
      await htmx.swap({ text: await answer.text(), target: box, sourceElement: box, swap: "innerHTML" });
      box.remove();
      const section = sectionIn(box);
      if (!section) continue;
      section.role = "group";
      section.remove();
      answers.set(run, { section, panels: [...box.childNodes], sent: null });
      place();
    }
  }

  function keepPanels() {
    const known = answers.get(shown);
    if (known) known.panels = [...outcome.childNodes];
  }

  function choose(run) {
    const known = answers.get(run);
    if (!known || run === shown || isBusy()) return;
    keepPanels();
    shown = run;
    outcome.replaceChildren(...known.panels);
    window.resultPane.show();
    place();
    if (known.sent) showCode(known.sent);
  }

  // The code of a request that was sent, until the form is changed.
  async function showCode(state) {
    const body = new URLSearchParams(state);
    const headers = { "HX-Request": "true" };
    const answer = await fetch(codes.getAttribute("hx-post"), { method: "POST", body, headers });
    if (answer.ok)
      htmx.swap({ text: await answer.text(), target: codes, sourceElement: codes, swap: "innerHTML" });
  }

  document.addEventListener("htmx:config:request", (event) => {
    if (!isSend(event)) return;
    sent = [...new FormData(form)].filter(([name]) => name !== "api_key");
  });
  // An answer has nothing to answer: first write the next message.
  document.addEventListener(
    "submit",
    (event) => {
      const { composer } = form.elements;
      const last = listed().at(-1);
      if (event.target !== form || event.submitter?.name === "until" || composer.value === "aside") return;
      if (
        !last ||
        !runOf(last) ||
        !requestForm.isComposerEmpty() ||
        !field(last, "role").selectedOptions[0]?.matches("[data-answer]")
      )
        return;
      event.preventDefault();
      event.stopImmediatePropagation();
      document.querySelector("#composer [name=content]").focus();
    },
    { capture: true },
  );
  document.addEventListener("htmx:before:request", (event) => {
    if (!isSend(event)) return;
    keepPanels();
    shown = "";
    const { composer } = form.elements;
    sentRow = composer.value === "aside" ? null : requestForm.commit();
    composer.value = "on";
    place();
    talk.scrollTop = talk.scrollHeight;
  });
  // Before the form marks what is wrong: a refused message is written on.
  document.addEventListener(
    "htmx:after:swap",
    (event) => {
      if (!isSend(event)) return;
      const arrived = sectionIn(outcome);
      if (sentRow && arrived?.matches("[data-refusal]")) {
        requestForm.takeBack(sentRow);
        sentRow = null;
      }
    },
    { capture: true },
  );
  document.addEventListener("htmx:after:swap", (event) => {
    if (isSend(event)) window.resultPane.show();
  });
  document.addEventListener("htmx:finally:request", async (event) => {
    if (!isSend(event)) return;
    const section = sectionIn(slot);
    const run = section?.dataset.run;
    const button = section?.querySelector("[data-append]");
    const begun = pending;
    pending = null;
    if (run) {
      answers.set(run, { section, panels: [], sent });
      shown = run;
    }
    const isAdded = run && !section.querySelector("[data-error]") && button && (await editForm(button.value));
    if (isAdded) mark(run, begun);
    else if (begun) await restore(begun);
    place();
  });

  // After the form's own scripts have read what the server changed.
  document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
    if (ctx.sourceElement === pane) place();
  });

  // --- versions: what followed a message before it was answered again, by the id of the fork ---

  const KEPT = "playground.forks";
  const forks = new Map(load());
  let pending = null; // the fork whose new version is on its way

  function load() {
    try {
      return JSON.parse(sessionStorage.getItem(KEPT)) ?? [];
    } catch {
      return []; // storage is disabled
    }
  }
  function save() {
    try {
      sessionStorage.setItem(KEPT, JSON.stringify([...forks]));
    } catch {
      /* storage is full or disabled: then until the page is left */
    }
  }

  // Keep the messages from a place on as one version, and begin another one. `text` is the first one's, if it has been
  // edited since.
  function fork(index, text) {
    const versions = listed().slice(index).map(valuesOf);
    if (text !== undefined) versions[0][NAMES.indexOf("content")] = text;
    const id = versions[0][NAMES.indexOf("fork")] || crypto.getRandomValues(new Uint32Array(2)).join("");
    versions[0][NAMES.indexOf("fork")] = id;
    const known = forks.get(id) ?? { tails: [], at: 0 };
    known.tails[known.at] = versions;
    known.at = known.tails.push([]) - 1;
    forks.set(id, known);
    save();
    return id;
  }

  const placeOfFork = (id) => listed().findIndex((row) => field(row, "fork").value === id);

  function mark(run, id) {
    const row = id && listed().find((one) => runOf(one) === run);
    if (row) field(row, "fork").value = id;
    requestForm.moved();
  }

  // There is no new version: go back to the last one.
  async function restore(id) {
    const known = forks.get(id);
    known.tails.splice(known.at, 1);
    known.at = known.tails.length - 1;
    save();
    await show([...listed().map(valuesOf), ...known.tails[known.at]]);
  }

  async function turnTo(id, at) {
    const known = forks.get(id);
    const index = placeOfFork(id);
    const rows = listed().map(valuesOf);
    known.tails[known.at] = rows.slice(index);
    known.at = at;
    save();
    await show([...rows.slice(0, index), ...known.tails[at]]);
    listed()[index]?.querySelector("[data-versions] button:not(:disabled)")?.focus();
  }

  // Let the server show these messages in place of those in the form.
  async function show(rows) {
    const composed = valuesOf(document.getElementById("composer"));
    const others = [...new FormData(form)].filter(([name]) => !NAMES.includes(name));
    const pairs = [...rows, composed].flatMap((row) => NAMES.map((name, at) => [name, row[at]]));
    await editForm("show", [...others, ...pairs]);
    place();
  }

  function showVersions() {
    for (const row of listed()) {
      const known = forks.get(field(row, "fork").value);
      const versions = row.querySelector("[data-versions]");
      versions.hidden = !known || known.tails.length < 2;
      if (versions.hidden) continue;
      versions.querySelector("[data-version-number]").textContent = `${known.at + 1}/${known.tails.length}`;
      versions.querySelector("[data-version='-1']").disabled = known.at === 0;
      versions.querySelector("[data-version='1']").disabled = known.at === known.tails.length - 1;
    }
  }

  // --- asking again ---

  // Send the conversation as it stands, without what is in the composer.
  function sendAside() {
    form.elements.composer.value = "aside";
    requestForm.changed();
    form.requestSubmit(send);
  }

  function resend(row, isAnswer) {
    if (isBusy()) return;
    const index = listed().indexOf(row);
    if (isAnswer) {
      pending = fork(index);
      for (const later of listed().slice(index)) later.remove();
    } else {
      const content = field(row, "content");
      const later = listed().slice(index + 1);
      if (later.length) field(row, "fork").value = fork(index, content.defaultValue);
      content.defaultValue = content.value;
      for (const one of later) one.remove();
    }
    sendAside();
  }

  // An answer that was edited is the writer's text: it has no proof any more.
  function edit(row) {
    const isEdited = row.classList.toggle("editing");
    if (isEdited) {
      field(row, "content").focus();
    } else editForm("show").then(place);
  }

  // A run's page has a button for its own answer.
  document.querySelector(".run-strip [name=until]")?.addEventListener("click", (event) => {
    event.preventDefault();
    const row = listed()[event.currentTarget.value];
    if (row) resend(row, true);
    else if (!isBusy()) sendAside();
  });

  pane.addEventListener("click", (event) => {
    const { target } = event;
    const row = target.closest("[data-message]");
    const again = target.closest("[name=until]");
    const version = target.closest("[data-version]");
    if (again) {
      event.preventDefault();
      resend(row, "again" in again.dataset);
    } else if (version) {
      const id = field(row, "fork").value;
      turnTo(id, forks.get(id).at + Number(version.dataset.version));
    } else if (target.closest("[data-edit-answer]")) edit(row);
    else if (target.closest("[data-unfold]")) {
      const extra = row.querySelector(".extra");
      extra.classList.add("wanted");
      extra.open = true;
      const menu = target.closest("details.menu");
      if (menu) menu.open = false;
      field(row, "extra").focus();
    } else if (row && list.contains(row)) choose(runOf(row));
  });

  list.addEventListener("input", ({ target }) => {
    if (target.name !== "content") return;
    const row = target.closest("[data-message]");
    field(row, "run").value = "";
    row.querySelector("[data-view]").replaceChildren();
  });

  // Selecting a role changes what a row is; the server knows what it then looks like.
  pane.addEventListener("focusin", ({ target }) => {
    const row = target.closest("[data-message]");
    if (row && list.contains(row) && target.closest("[data-view]")) choose(runOf(row));
  });

  // A page that was loaded with a result has it in its conversation already.
  const first = sectionIn(list) ?? sectionIn(slot);
  if (first?.dataset.run) {
    shown = first.dataset.run;
    answers.set(shown, { section: first, panels: [], sent: null });
  }
  place();
  talk.scrollTop = talk.scrollHeight;

  return { isBusy, sendAside };
})();
