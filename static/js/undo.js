// Undo: every change that replaces or removes what was typed can be undone, with the note that tells of it, or with
// Ctrl+Z outside fields. A state is the form's fields without secrets; the server shows it again (`edits.js`).
window.undo = (() => {
  const form = document.getElementById("request-form");
  const note = document.querySelector("[data-undo-note]");
  const told = note.querySelector("span");
  const button = note.querySelector("button");
  const secret = ["api_key", "csrfmiddlewaretoken", "embed_token"];
  const most = 50;
  const stack = [];
  let timer = null;

  const all = () => [...new FormData(form)];
  const state = () => all().filter(([name]) => !secret.includes(name));
  const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

  function hide() {
    clearTimeout(timer);
    note.hidden = true;
  }

  // `what` is what happened: one of the note's texts. `before` is the state that it replaced; none if a link
  // filled in the form of a new page.
  function push(what, before) {
    if (!note.dataset[what] || !before || same(before, state())) return;
    stack.push(before);
    stack.splice(0, stack.length - most);
    told.textContent = note.dataset[what];
    note.hidden = false;
    clearTimeout(timer);
    // A note with the focus or the pointer stays.
    timer = setTimeout(function expire() {
      if (note.matches(":hover, :focus-within")) timer = setTimeout(expire, 2000);
      else note.hidden = true;
    }, 10_000);
  }

  async function back() {
    const before = stack.pop();
    if (!before) return;
    hide();
    const secrets = all().filter(([name]) => secret.includes(name));
    if (!(await editForm("show", [...before, ...secrets]))) {
      stack.push(before);
      return;
    }
    // The server's response has no provider.
    for (const [name, value] of before)
      if (["provider", "base_url"].includes(name)) form.elements[name].value = value;
    document.dispatchEvent(new Event("playground:provider"));
    // What was added or applied can be added or applied again.
    for (const done of document.querySelectorAll("button[data-done][data-before]:disabled")) {
      done.disabled = false;
      done.querySelector("span").textContent = done.dataset.before;
    }
  }

  button.addEventListener("click", back);
  document.addEventListener("keydown", (event) => {
    const undoes = (event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === "z";
    if (!undoes || !stack.length || event.target.closest?.("input, textarea, select, [contenteditable]"))
      return;
    event.preventDefault();
    back();
  });

  // The site's name leads to an empty form. That page offers to undo it.
  const left = "playground.left";
  document.querySelector(".brand")?.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return; // in another tab
    try {
      sessionStorage.setItem(left, JSON.stringify(state()));
    } catch {
      /* storage is full or disabled */
    }
  });
  // Once htmx can swap the form.
  addEventListener("load", () => {
    let before = null;
    try {
      before = JSON.parse(sessionStorage.getItem(left));
      sessionStorage.removeItem(left);
    } catch {
      /* storage is disabled */
    }
    if (Array.isArray(before)) push("left", before);
  });

  return { push, state };
})();
