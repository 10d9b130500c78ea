// Versions of a conversation: what followed a message before it was answered again, or was edited, is kept and can be
// turned back to. A fork is the place where versions part; its id is in the row with which they begin.
window.versions = (() => {
  const form = document.getElementById("request-form");
  const list = document.getElementById("messages");
  const { listed } = requestForm;
  const { NAMES, field, isBusy, place, runOf, sendAside, valuesOf } = window.conversation;

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
    await display([...listed().map(valuesOf), ...known.tails[known.at]]);
  }

  async function turnTo(id, at) {
    const known = forks.get(id);
    const index = placeOfFork(id);
    const rows = listed().map(valuesOf);
    known.tails[known.at] = rows.slice(index);
    known.at = at;
    save();
    await display([...rows.slice(0, index), ...known.tails[at]]);
    listed()[index]?.querySelector("[data-versions] button:not(:disabled)")?.focus();
  }

  // Let the server show these messages in place of those in the form.
  async function display(rows) {
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

  // A run's page has a button for its own answer.
  document.querySelector(".run-strip [name=until]")?.addEventListener("click", (event) => {
    event.preventDefault();
    const row = listed()[event.currentTarget.value];
    if (row) resend(row, true);
    else if (!isBusy()) sendAside();
  });

  list.addEventListener("click", (event) => {
    const row = event.target.closest("[data-message]");
    const again = event.target.closest("[name=until]");
    const version = event.target.closest("[data-version]");
    if (again) {
      event.preventDefault();
      resend(row, "again" in again.dataset);
    } else if (version) {
      const id = field(row, "fork").value;
      turnTo(id, forks.get(id).at + Number(version.dataset.version));
    }
  });
  document.body.addEventListener("playground:placed", showVersions);
  showVersions();

  // The fork whose new version has been asked for, if any.
  function begun() {
    const id = pending;
    pending = null;
    return id;
  }

  return { begun, mark, restore };
})();
