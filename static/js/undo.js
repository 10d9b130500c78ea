// Undo: every change that replaces or removes what was typed can be undone, with the note that tells of it, or with
// Ctrl+Z outside fields, or in one before anything is typed into it; Ctrl+Shift+Z takes that back. The server shows a state
// again (`edits.js`).
window.undo = (() => {
  const form = document.getElementById("request-form");
  const note = document.querySelector("[data-undo-note]");
  const told = note.querySelector("span");
  const button = note.querySelector("button");
  const most = 50;
  const stack = [];
  let undone = []; // the states that Undo replaced since the last change: a conversation may have gone on in them
  let timer = null;
  let typed = null; // the field in which something was typed since
  form.addEventListener("input", ({ target }) => {
    typed = target;
  });

  const { state } = editForm;
  const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

  // `what` is what happened: one of the note's texts. `before` is the state that it replaced; none if a link
  // filled in the form of a new page.
  function push(what, before) {
    if (!(what in note.dataset) || !before || same(before, state())) return;
    stack.push(before);
    stack.splice(0, stack.length - most);
    undone = [];
    typed = null;
    told.textContent = note.dataset[what];
    note.hidden = false;
    clearTimeout(timer);
    // A note with the focus or the pointer stays.
    timer = setTimeout(function expire() {
      if (note.matches(":hover, :focus-within")) timer = setTimeout(expire, 2000);
      else note.hidden = true;
    }, 10_000);
  }

  // Show the last state of one stack, and put the present one on the other.
  async function turn(from, to) {
    const before = from.pop();
    if (!before) return;
    clearTimeout(timer);
    note.hidden = true;
    const now = state();
    if (!(await editForm("show", before))) {
      from.push(before);
      note.hidden = from !== stack; // a phone has no keys to try it again
      return;
    }
    to.push(now);
    // The server's response has none of these, and the state may be another page's.
    for (const [name, value] of before) {
      const field = ["provider", "base_url", "parent"].includes(name) && form.elements[name];
      if (field) field.value = value;
    }
    document.dispatchEvent(new Event("playground:provider"));
    // What was added or applied can be added or applied again.
    for (const done of document.querySelectorAll("button[data-done][data-before]:disabled")) {
      done.disabled = false;
      done.querySelector("span").textContent = done.dataset.before;
    }
  }

  // One after another: each needs the form that the last one leaves.
  let turns = Promise.resolve();
  let waiting = 0;
  function after(act) {
    waiting += 1;
    turns = turns.then(act).finally(() => {
      waiting -= 1;
    });
  }
  const back = () => after(() => turn(stack, undone));
  const forward = () => after(() => turn(undone, stack));
  button.addEventListener("click", back);
  document.addEventListener("keydown", (event) => {
    const isKey = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z";
    const states = event.shiftKey ? undone : stack;
    const field = event.target.closest?.("input, textarea, select, [contenteditable]");
    // A change leaves the cursor in a field, such as that of the message before a deleted one: it is what was done last.
    const isOwn = field && (note.hidden || field.form !== form || field === typed);
    if (!isKey || !(waiting || states.length) || isOwn) return;
    event.preventDefault();
    (event.shiftKey ? forward : back)();
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

  return { push };
})();
