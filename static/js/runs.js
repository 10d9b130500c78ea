// Runs, in their list and in the playground: times in the reader's time zone, stars, deleting, comparing. On the page, it
// is loaded when it is used (`late.js`), unless the page shows a run.
window.runs ??= (() => {
  const two = (number) => String(number).padStart(2, "0");
  const day = (date) => `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;

  function showTimes() {
    for (const time of document.querySelectorAll("time[data-time]")) {
      const at = new Date(time.dateTime);
      const seconds = time.dataset.time ? `:${two(at.getSeconds())}` : "";
      time.title = time.textContent;
      time.textContent = `${day(at)} ${two(at.getHours())}:${two(at.getMinutes())}${seconds}`;
      time.removeAttribute("data-time");
    }
  }
  showTimes();

  // Where comments would leave the call little room, they open on a click.
  if (matchMedia("(max-width: 40rem), (max-height: 50rem)").matches && !location.hash.startsWith("#comment"))
    document.querySelector("#comments > details")?.removeAttribute("open");

  let asForm = false;

  // Click a button without loading a page. If that fails, the form is sent, and its page says what is wrong.
  async function post(button, url, values) {
    const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
    const body = new URLSearchParams({ csrfmiddlewaretoken: token, ...values });
    try {
      const answer = await fetch(url, { method: "POST", headers: { Accept: "application/json" }, body });
      if (answer.ok) return true;
    } catch {
      /* no answer */
    }
    asForm = true;
    button.form.requestSubmit(button);
    return false;
  }

  async function star(button) {
    const url = button.getAttribute("formaction") || button.form.action;
    if (!(await post(button, url, { change: button.value }))) return;
    const starred = button.value === "star";
    button.value = starred ? "unstar" : "star";
    button.setAttribute("aria-pressed", String(starred));
    button.querySelector("[data-mark]").textContent = starred ? "★" : "☆";
  }

  document.addEventListener("submit", async (event) => {
    const { target, submitter } = event;
    if (asForm) return;
    if (submitter?.matches("[data-star]")) {
      event.preventDefault();
      star(submitter);
    } else if (target.matches("[data-delete-run]")) {
      event.preventDefault();
      const { formAction } = submitter;
      if (!(await post(submitter, formAction, { change: "delete", confirmed: "1" }))) return;
      const told = document.createElement("p");
      told.className = "help";
      told.setAttribute("role", "status");
      told.tabIndex = -1;
      told.textContent = submitter.dataset.done;
      submitter.parentElement.replaceChildren(told);
      told.focus();
    }
  });

  // --- the versions of an answer, those whose runs are saved ---

  const pane = document.querySelector(".conversation"); // not beside the list

  // The other versions that have an answer, if this one has: their first ones, the earlier version's run on the left.
  function comparable(row) {
    const { listed } = requestForm;
    const { NAMES, valuesOf } = window.conversation;
    const { forks, markOf } = window.versions;
    const [CONTENT, RUN] = ["content", "run"].map((name) => NAMES.indexOf(name));
    const answerIn = (rows) => rows?.find((one) => one[RUN]);
    const { id, at } = markOf(row);
    const own = answerIn(listed().slice(listed().indexOf(row)).map(valuesOf));
    return [...(forks.get(id) ?? []).entries()].flatMap(([other, tail]) => {
      const answer = other !== at && own && answerIn(tail);
      const runs = answer && [answer[RUN], own[RUN]];
      return answer
        ? [{ number: other + 1, text: answer[CONTENT], runs: other < at ? runs : runs.reverse() }]
        : [];
    });
  }

  async function isSaved(run) {
    try {
      const headers = { Accept: "application/json" };
      return (await fetch(pane.dataset.runUrl.replace("RUN", run), { method: "HEAD", headers })).ok;
    } catch {
      return true; // the playground is out of reach: nobody knows
    }
  }

  function linkTo({ number, text, runs: [one, two] }) {
    const item = document.createElement("li");
    const link = item.appendChild(document.createElement("a"));
    link.href = `${pane.dataset.compareUrl}?run=${one}&run=${two}`;
    link.dir = "auto";
    link.textContent = `${number} · ${text.slice(0, 60)}`;
    return item;
  }

  async function offer(menu) {
    const list = menu.querySelector("ul");
    const others = comparable(menu.closest("[data-message]"));
    const runs = [...new Set(others.flatMap((other) => other.runs))];
    const answers = await Promise.all(runs.map(isSaved));
    const saved = new Set(runs.filter((_, at) => answers[at]));
    const offered = others.filter((other) => other.runs.every((run) => saved.has(run)));
    const none = Object.assign(document.createElement("li"), { className: "help" });
    none.textContent = list.dataset.none;
    list.replaceChildren(...(offered.length ? offered.map(linkTo) : [none]));
  }

  document.addEventListener(
    "toggle",
    ({ target }) => target.matches?.("[data-compare][open]") && offer(target),
    true,
  );

  // --- beside the conversation ---

  const aside = document.getElementById("side-runs");
  if (aside) {
    const tabs = ["request", "runs"].map((name) => document.getElementById(`tab-${name}`));
    const words = aside.querySelector("input");
    let asked = 0;
    const look = async () => {
      const now = ++asked;
      const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
      const body = new URLSearchParams({ csrfmiddlewaretoken: token, aside: "1", text: words.value });
      const headers = { "HX-Request": "true" };
      const found = aside.querySelector("[data-found]");
      try {
        const answer = await fetch(aside.dataset.url, { method: "POST", body, headers });
        const text = await answer.text();
        if (!answer.ok || now !== asked) return;
        await htmx.swap({ text, target: found, sourceElement: found, swap: "innerHTML" });
        showTimes();
      } catch {
        /* the playground is out of reach: what was found stays */
      }
    };
    const turn = (tab) => {
      for (const one of tabs) {
        const isChosen = one === tab;
        one.setAttribute("aria-selected", String(isChosen));
        one.tabIndex = isChosen ? 0 : -1;
        document.getElementById(one.getAttribute("aria-controls")).hidden = !isChosen;
      }
      if (tab === tabs[1]) look();
    };
    for (const tab of tabs) {
      tab.addEventListener("click", ({ detail }) => {
        turn(tab);
        // Ready to search. Somebody at the keyboard stays among the tabs; a phone would cover the list.
        if (tab === tabs[1] && detail && matchMedia("(pointer: fine)").matches) words.focus();
      });
      tab.addEventListener("keydown", (event) => {
        if (!["ArrowLeft", "ArrowRight", "Home", "End"].includes(event.key)) return;
        event.preventDefault();
        const other = tabs.find((one) => one !== tab);
        turn(other);
        other.focus();
      });
    }
    let typed = null;
    words.addEventListener("input", (event) => {
      event.stopPropagation(); // it is no part of the request
      clearTimeout(typed);
      typed = setTimeout(look, 250);
    });
    words.addEventListener("keydown", (event) => {
      if (event.key === "Enter") event.preventDefault(); // which would send
    });
  }

  return { showTimes };
})();
