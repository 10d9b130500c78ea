// Versions of a conversation: what followed a message before it was answered again, or was edited, is kept and can be
// turned back to. A fork is the place where versions part. The row with which they begin has its id and says which
// version it is ("ID.2"), so that Undo and a reload bring back the right one.
window.versions = (() => {
  const form = document.getElementById("request-form");
  const list = document.getElementById("messages");
  const { listed } = requestForm;
  const { NAMES, choose, field, isBusy, place, runOf, sendAside, valuesOf, whenReady } = window.conversation;
  const [CONTENT, FORK] = ["content", "fork"].map((name) => NAMES.indexOf(name));

  const { compareUrl } = list.closest(".conversation").dataset; // if runs are saved
  const KEPT = "playground.forks";
  const kept = load();
  const forks = new Map(kept.forks); // the messages of each version, by the fork's id
  let pending = kept.pending; // where a new version is on its way
  let removed = null; // the rows that it takes the place of, and their API
  let vain = ""; // the fork whose last new version never came

  function load() {
    try {
      const { forks, pending } = JSON.parse(sessionStorage.getItem(KEPT)) ?? {};
      return { forks: forks ?? [], pending: pending ?? null };
    } catch {
      return { forks: [], pending: null }; // storage is disabled
    }
  }
  function save() {
    try {
      sessionStorage.setItem(KEPT, JSON.stringify({ forks: [...forks], pending }));
    } catch {
      /* storage is full or disabled: then until the page is left */
    }
  }

  const markOf = (row) => {
    const [id, at] = field(row, "fork").value.split(".");
    return { id, at: Number(at) || 0 };
  };
  // A version that never came has no messages.
  const number = (tails) => tails.findLastIndex((tail) => tail?.length) + 1;

  // Keep the messages from a place on as one version. Returns the marks of that one and of the next. `text` is the
  // first message's, if it has been edited since.
  function fork(index, text) {
    const tail = listed().slice(index).map(valuesOf);
    const known = markOf(listed()[index]);
    const id = known.id || crypto.getRandomValues(new Uint32Array(2)).join("");
    const tails = forks.get(id) ?? [];
    const at = Math.min(known.at, number(tails));
    if (text !== undefined) tail[0][CONTENT] = text;
    tail[0][FORK] = `${id}.${at}`;
    tails[at] = tail;
    forks.set(id, tails);
    return { id, at, next: `${id}.${number(tails)}` };
  }

  const lastText = () => listed().at(-1) && field(listed().at(-1), "content").value;

  function mark(run, begun) {
    const row = begun && listed().find((one) => runOf(one) === run);
    if (row) field(row, "fork").value = begun.next;
    requestForm.moved();
  }

  const api = () => form.elements.dialect.value;

  // There is no new version: go back to the one before, also if the playground is out of reach or the page is left.
  async function restore({ id, at }) {
    vain = id;
    const rows = removed?.api === api() && removed.rows;
    removed = null;
    if (!rows) return display([...listed().map(valuesOf), ...forks.get(id)[at]]);
    field(rows[0], "fork").value = `${id}.${at}`;
    list.append(...rows);
    requestForm.moved();
    place();
  }

  // Do something with a message: `act(index)`. An edit before it can have put another one into its row.
  function withMessage(row, act) {
    const was = JSON.stringify(valuesOf(row));
    const isSame = (one) => JSON.stringify(valuesOf(one)) === was;
    whenReady(() => {
      const index = row.isConnected && isSame(row) ? listed().indexOf(row) : listed().findIndex(isSame);
      return index < 0 ? undefined : act(index);
    });
  }

  async function turn(index, step) {
    const known = markOf(listed()[index]);
    const at = known.at + step;
    const tails = forks.get(known.id);
    if (!tails?.[at]?.length) return;
    const rows = listed().map(valuesOf);
    tails[known.at] = rows.slice(index);
    save();
    await display([...rows.slice(0, index), ...tails[at]]);
    choose(listed().slice(index).map(runOf).find(Boolean));
    listed()[index]?.querySelector("[data-versions] button:not(:disabled)")?.focus();
  }

  // Let the server show these messages in place of those in the form.
  async function display(rows) {
    const composed = valuesOf(document.getElementById("composer"));
    const others = editForm.state().filter(([name]) => !NAMES.includes(name));
    const pairs = [...rows, composed].flatMap((row) => NAMES.map((name, at) => [name, row[at]]));
    await editForm("show", [...others, ...pairs]);
    place();
  }

  function showVersions() {
    for (const row of listed()) {
      const { id, at } = markOf(row);
      const all = Math.max(at + 1, number(forks.get(id) ?? []));
      const versions = row.querySelector("[data-versions]");
      versions.hidden = !forks.has(id) || all < 2;
      if (versions.hidden) continue;
      versions.querySelector("[data-version-number]").textContent = `${at + 1}/${all}`;
      versions.querySelector("[data-version='-1']").disabled = isBusy() || at === 0;
      versions.querySelector("[data-version='1']").disabled = isBusy() || at === all - 1;
      versions.querySelector("[data-compare]").hidden = !compareUrl;
    }
  }

  function resend(index, isAnswer) {
    const row = listed()[index];
    const from = isAnswer ? beginning(index) : index + 1;
    const later = listed().slice(from);
    if (isAnswer) {
      pending = fork(from);
    } else {
      const content = field(row, "content");
      if (later.length) field(row, "fork").value = fork(index, content.defaultValue).next;
      content.defaultValue = content.value;
    }
    for (const one of later) one.remove();
    if (isAnswer) {
      removed = { rows: later, api: api() };
      Object.assign(pending, { rows: listed().length, text: lastText() });
    }
    save();
    sendAside();
  }

  // An answer can be several messages: its reasoning, say, is one in Responses.
  function beginning(index) {
    const runs = listed().map(runOf);
    const isPart = (at) => runs[at] && runs[at] === runs[at - 1];
    let at = index;
    while (isPart(at)) at -= 1;
    return at;
  }

  // Send again what failed: the answer in whose message the button is, one that was asked for again in vain, or
  // the conversation.
  function again(button) {
    const isVain = (row) => vain && markOf(row).id === vain;
    const row = listed().find((one) => one.contains(button)) ?? listed().find(isVain);
    if (row) withMessage(row, (index) => resend(index, true));
    else whenReady(sendAside);
  }

  // A run's page has a button for its own answer.
  const ownRun = list.querySelector('[data-part="panel-answer"]')?.dataset.run;
  document.querySelector(".run-strip [name=until]")?.addEventListener("click", (event) => {
    event.preventDefault();
    // Wherever it is by now.
    const row = ownRun && listed().find((one) => runOf(one) === ownRun);
    if (row) withMessage(row, (index) => resend(index, true));
    else whenReady(sendAside);
  });

  list.addEventListener("click", (event) => {
    const row = event.target.closest("[data-message]");
    const again = event.target.closest("[name=until]");
    const version = event.target.closest("[data-version]");
    if (again) {
      event.preventDefault();
      withMessage(row, (index) => resend(index, "again" in again.dataset));
    } else if (version) withMessage(row, (index) => turn(index, Number(version.dataset.version)));
  });
  document.body.addEventListener("playground:placed", showVersions);
  showVersions();

  // The fork whose new version has been asked for, if any. It is kept until that, or the one before, is there (`save`).
  function begun() {
    const known = pending;
    pending = null;
    vain = "";
    return known;
  }

  // The page was left before a new version came: the one before is still there.
  if (pending?.rows && pending.rows === listed().length && pending.text === lastText())
    restore(begun()).then(save);

  return { again, begun, forks, mark, markOf, restore, save };
})();
