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
  const { listed } = requestForm;

  const NAMES = ["role", "content", "call", "extra", "run", "fork"];
  const field = (row, name) => row.querySelector(`[name=${name}]`);
  const valuesOf = (row) => NAMES.map((name) => field(row, name)?.value ?? "");
  const isSend = (event) => event.detail.ctx?.sourceElement === form;
  const isBusy = () => outcome.hasAttribute("aria-busy");

  // --- answers, and what the inspector shows of them, by the id of their exchange ---

  const answers = new Map(); // {section, panels, sent, code}
  let shown = ""; // none: empty, or undefined
  let sent = null; // the form as it was sent
  let sentRow = null; // the message that it took from the composer
  let lastSent; // the text of the last message that was sent

  const lastKnown = () =>
    listed()
      .map(runOf)
      .findLast((run) => answers.has(run));
  const sectionIn = (place) => place.querySelector('[data-part="panel-answer"]');
  const runOf = (row) => field(row, "run").value;

  // The server draws a message from its text; here is the answer that brought it, with all its facts.
  function place() {
    const placed = new Set();
    for (const row of listed()) {
      const known = answers.get(runOf(row));
      const view = row.querySelector("[data-view]");
      // The messages for the results of its tools are from the same run.
      const isAnswer = Boolean(known) && !placed.has(runOf(row));
      if (isAnswer) {
        placed.add(runOf(row));
        if (known.section.parentElement !== view) view.replaceChildren(known.section);
        showUsed(known.section, field(row, "content").value);
        known.section.role = "group"; // no panel of a tab, also if it streamed
        known.section.removeAttribute("aria-label"); // there are many: its message's role says what it is
      }
      row.classList.toggle("chosen", isAnswer && runOf(row) === shown);
    }
    document.body.dispatchEvent(new Event("playground:placed"));
    // The inspector has nothing of an answer that is not in sight any more.
    if (shown && !isBusy() && !answers.get(shown).section.isConnected) inspect(lastKnown());
    recall();
  }

  // A conversation that was reloaded, or taken up again, gets the facts of its answers from their runs: one after
  // another, the last one first. Nothing is asked for twice.
  const asked = new Set();
  const MOST_RECALLED = 60; // messages; what came before them is brought when it is chosen
  let isRecalling = false;
  // It goes into an address.
  const isUnknown = (run) => run && /^[\w-]+$/.test(run) && !answers.has(run) && !asked.has(run);
  const unknown = () => listed().slice(-MOST_RECALLED).map(runOf).findLast(isUnknown);
  async function recall() {
    if (!pane.dataset.runUrl || isRecalling) return;
    isRecalling = true;
    try {
      for (let run = unknown(); run && !isBusy(); run = unknown()) {
        asked.add(run);
        await bring(run);
        place();
        follow();
        if (run === wanted) choose(run);
      }
    } catch {
      asked.clear(); // the playground is out of reach: ask again at the next change
    }
    isRecalling = false;
    // The inspector belongs to an answer as soon as there is one.
    if (!shown) choose(lastKnown());
  }

  async function bring(run) {
    const answer = await fetch(pane.dataset.runUrl.replace("RUN", run), {
      headers: { "HX-Request": "true" },
    });
    if (!answer.ok) return; // it was not saved, or deleted
    const box = document.body.appendChild(document.createElement("div"));
    box.hidden = true;
    await htmx.swap({ text: await answer.text(), target: box, sourceElement: box, swap: "innerHTML" });
    box.remove();
    const section = sectionIn(box);
    if (section?.dataset.run !== run) return;
    section.remove();
    const own = box.querySelector("[data-part=own-code]");
    own.remove();
    answers.set(run, { section, panels: [...box.childNodes], code: own.innerHTML });
  }

  function keepPanels() {
    const known = answers.get(shown);
    if (known) known.panels = [...outcome.childNodes];
  }

  let wanted = ""; // the answer that was clicked last, which may have to be brought first
  async function choose(run) {
    wanted = run;
    if (pane.dataset.runUrl && isUnknown(run)) {
      asked.add(run);
      await bring(run).catch(() => asked.delete(run));
      place();
    }
    const known = answers.get(run);
    if (!known || run !== wanted || isBusy()) return;
    wanted = "";
    if (run !== shown) inspect(run);
    window.ownCode.show(known);
  }
  function inspect(run) {
    keepPanels();
    shown = run;
    outcome.replaceChildren(...(answers.get(run)?.panels ?? []));
    window.resultPane.show();
    place();
  }

  // What the composer has is no part of a request that is sent aside from it.
  let isAside = false;
  document.addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
    if (isAside) ctx.request.body.set("composer", "aside");
  });
  // An answer has nothing to answer: first write the next message.
  document.addEventListener(
    "submit",
    (event) => {
      const last = listed().at(-1);
      if (event.target !== form || event.submitter?.name === "until" || isAside) return;
      if (
        !last ||
        !runOf(last) ||
        !requestForm.isComposerEmpty() ||
        !field(last, "role").selectedOptions[0]?.matches("[data-answer]")
      )
        return;
      event.preventDefault();
      event.stopImmediatePropagation();
      // Or a message that was changed is answered again; or the last one, with another parameter.
      const { activeElement } = document;
      const from = activeElement.closest("#parameters")
        ? last.querySelector("[data-again]")
        : activeElement.closest(".turn")?.querySelector(".turn-head [name=until]");
      if (from?.checkVisibility()) setTimeout(() => from.click());
      else document.querySelector("#composer [name=content]").focus();
    },
    { capture: true },
  );
  document.addEventListener("htmx:before:request", (event) => {
    if (!isSend(event)) return;
    keepPanels();
    shown = "";
    sent = [...event.detail.ctx.request.body].filter(([name]) => name !== "api_key");
    window.ownCode.sending(sent);
    sentRow = isAside ? null : requestForm.commit();
    document.activeElement.closest("#parameters input")?.select(); // for the next value
    lastSent = listed().at(-1) && field(listed().at(-1), "content").value;
    place();
    follows = true;
    follow();
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
    if (!isSend(event) || window.resultPane.isGrowing()) return;
    window.resultPane.show();
    follow();
  });
  document.addEventListener("htmx:finally:request", async (event) => {
    if (!isSend(event)) return;
    const section = sectionIn(slot);
    const run = section?.dataset.run;
    const button = section?.querySelector("[data-append]");
    const begun = window.versions.begun();
    if (run) {
      answers.set(run, { section, panels: [], sent });
      shown = run;
      window.ownCode.arrived(answers.get(run));
    }
    slot.classList.remove("left");
    // While it arrived, another conversation may have taken the place of the one that it answers.
    const texts = listed().map((row) => field(row, "content").value);
    const goesOn = lastSent === undefined ? !texts.length : texts.includes(lastSent);
    const joins = goesOn && run && button && !section.querySelector("[data-error]");
    const isAdded = joins && (await editForm(button.value));
    if (isAdded) {
      window.versions.mark(run, begun);
      use(button);
    } else if (begun && goesOn) await window.versions.restore(begun);
    if (begun) window.versions.save();
    slot.classList.toggle("left", Boolean(sectionIn(slot)));
    place();
    follow();
  });

  // Stay at the end of the conversation, unless somebody scrolls; of a long answer that came at once, its beginning.
  let follows = true;
  talk.addEventListener("scroll", () => {
    follows = talk.scrollHeight - talk.scrollTop - talk.clientHeight < 80;
  });
  function follow() {
    if (!follows) return;
    const row = answers.get(shown)?.section.closest(".turn");
    if (row?.offsetHeight > talk.clientHeight) (row.previousElementSibling ?? row).scrollIntoView();
    else talk.scrollTop = talk.scrollHeight;
  }

  // Of several answers, one is in the conversation.
  function use(button) {
    const all = [...button.closest("[data-run]").querySelectorAll("[data-append]")];
    if (all.length < 2) return;
    for (const one of all) {
      const label = one.querySelector("span");
      label.dataset.before ??= one.dataset.before ?? label.textContent;
      one.disabled = one === button;
      label.textContent = one.disabled ? one.dataset.done : label.dataset.before;
    }
  }

  // After a reload, its text tells which one.
  function showUsed(section, content) {
    const all = [...section.querySelectorAll("article.choice")];
    if (all.length < 2 || section.querySelector("[data-append]:disabled")) return;
    const used = all.find((one) => one.querySelector('[data-part^="answer-"]')?.textContent === content);
    const button = used?.querySelector("[data-append]");
    if (button) use(button);
  }

  // Before the changed list is seen: its answers have no facts yet.
  new MutationObserver(place).observe(list, { childList: true });
  // After the form's own scripts have read what the server changed.
  document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
    if (ctx.sourceElement === pane) place();
  });
  document.body.addEventListener("playground:changed", place);
  // Another conversation begins: what the last one brought goes with it.
  document.addEventListener("playground:replacing", () => {
    if (isBusy()) return;
    keepPanels();
    shown = "";
    slot.replaceChildren();
    outcome.replaceChildren();
    window.resultPane.show();
    if (form.elements.parent) form.elements.parent.value = ""; // it repeats no run
  });

  // --- asking again ---

  // Send the conversation as it stands, without what is in the composer.
  function sendAside() {
    isAside = true;
    requestForm.changed();
    form.requestSubmit(send);
    isAside = false;
  }
  // Do something that sends, or replaces messages, once the edits before it are done; nothing while an answer arrives.
  async function whenReady(act) {
    if (!isBusy() && (await editForm.settled()) && !isBusy()) await act();
  }

  // An answer that was edited is the writer's text: it has no proof any more.
  function edit(row, fold) {
    fold.open = !fold.open;
    if (!fold.open) editForm("show").then(place);
    else for (const name of ["extra", "content"]) field(row, name).focus(); // whichever there is
  }

  pane.addEventListener("click", (event) => {
    const { target } = event;
    const row = target.closest("[data-message]");
    const fold = target.closest("summary")?.closest(".edit");
    const used = target.closest("[data-append]");
    // Once the form has it: by now, its edit has not begun.
    if (used) setTimeout(async () => (await editForm.settled()) && use(used));
    else if (fold) {
      event.preventDefault();
      edit(row, fold);
    } else if (target.closest("[data-unfold]")) {
      const extra = row.querySelector(".extra");
      extra.classList.add("wanted");
      extra.open = true;
      const menu = target.closest("details.menu");
      if (menu) menu.open = false;
      field(row, "extra").focus();
    } else if (row && list.contains(row) && !target.closest("[data-versions]")) choose(runOf(row));
    else if (slot.contains(target)) choose(sectionIn(slot)?.dataset.run);
  });

  // What is typed into a message, be it its role or its JSON, is no longer what came.
  list.addEventListener("input", ({ target }) => {
    if (!["role", "content", "call", "extra"].includes(target.name)) return;
    const row = target.closest("[data-message]");
    field(row, "run").value = "";
    row.querySelector("[data-view]").replaceChildren();
  });

  // A page that was loaded with a result has it in its conversation already.
  const first = sectionIn(list) ?? sectionIn(slot);
  if (first?.dataset.run) {
    shown = first.dataset.run;
    answers.set(shown, { section: first, panels: [] });
    window.ownCode.loaded(answers.get(shown));
  }
  place();
  talk.scrollTop = talk.scrollHeight;

  return { NAMES, choose, field, isBusy, place, runOf, sendAside, valuesOf, whenReady };
})();
