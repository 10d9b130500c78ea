// Results: tabs, the busy line, the code's language. A page may hold several, with the same parts each: those of one
// result are looked up within it. What the form sends is shown in its own.
(() => {
  const form = document.getElementById("request-form");
  const results = document.querySelectorAll("[data-results]");
  const own = document.getElementById("result");
  const part = (name, result = own) => result.querySelector(`[data-part="${name}"]`);
  const outcome = part("outcome");
  const busy = document.querySelector("[data-busy]");
  const announcer = document.querySelector("[data-announcer]");
  // A frame is as high as what is in it, and scrolls nothing of the page around.
  const framed = document.documentElement.classList.contains("frame");

  // --- tabs (WAI-ARIA tabs, activated by focus) ---

  const tabsOf = (result) => [...result.querySelectorAll("[role=tab]")];

  function select(tab) {
    const result = tab.closest("[data-results]");
    for (const other of tabsOf(result)) {
      const chosen = other === tab;
      other.setAttribute("aria-selected", String(chosen));
      other.tabIndex = chosen ? 0 : -1;
      const panel = part(other.dataset.part.replace("tab", "panel"), result);
      if (panel) panel.hidden = !chosen;
      if (panel?.id) other.setAttribute("aria-controls", panel.id);
      else other.removeAttribute("aria-controls"); // what is not of an exchange has no id
    }
  }
  const selected = () => tabsOf(own).find((tab) => tab.getAttribute("aria-selected") === "true");
  const byName = (name, result) => part(`tab-${name}`, result);

  for (const tab of [...results].flatMap(tabsOf)) {
    tab.addEventListener("click", () => {
      select(tab);
      if (live) follow();
    });
    tab.addEventListener("keydown", (event) => {
      const shown = tabsOf(tab.closest("[data-results]")).filter((other) => !other.hidden);
      const at = shown.indexOf(tab);
      const forward = getComputedStyle(tab).direction === "rtl" ? -1 : 1;
      const target = {
        ArrowRight: shown.at((at + forward) % shown.length),
        ArrowLeft: shown.at((at - forward) % shown.length),
        Home: shown[0],
        End: shown.at(-1),
      }[event.key];
      if (target) {
        event.preventDefault();
        select(target);
        target.focus();
      }
    });
  }

  function showOutcome(result = own) {
    const failed = part("outcome", result).querySelector("[data-error], [data-refusal]");
    byName("answer", result).toggleAttribute("data-failed", Boolean(failed));
    byName("stream", result).hidden = !part("panel-stream", result);
  }

  // --- busy ---

  let timer = null;
  let live = null; // the panel of a stream that is arriving

  // As in `playground/amounts.py`.
  const duration = (ms) => (Math.round(ms) < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`);

  function tick(since) {
    const time = duration(performance.now() - since);
    busy.textContent = `${live ? busy.dataset.live : busy.dataset.text} · ${time}`;
    const elapsed = live?.querySelector("[data-elapsed]");
    if (elapsed) elapsed.textContent = time;
  }

  const fragment = (template) => part(template).content.cloneNode(true);
  const show = (template) => outcome.replaceChildren(fragment(template));
  const lost = () => show(stopped ? "stopped" : "lost");

  // A stream that came to no proper end: what arrived stays, and a notice says what happened.
  function breakOff() {
    live.querySelector(".facts").after(fragment(stopped ? "stopped-live" : "broken"));
    for (const text of outcome.querySelectorAll("[data-unfinished]"))
      text.textContent = text.dataset.unfinished;
    live.removeAttribute("data-live");
    live.setAttribute("data-result", "");
  }

  // --- Stop ---
  //
  // A live exchange is ended by its number, so that its record still comes. Where that does not help at once
  // (another process has it, or nothing answers), the browser closes the connection: the server sees it.

  const send = document.getElementById("send");
  const stop = document.getElementById("stop-sending");
  const patience = 1500;
  let stopped = false;
  let answered = false;
  let changedMeanwhile = false;
  let sentAt = 0;

  function toggleStop(running) {
    const { activeElement } = document;
    // A frame that sends by itself takes no focus from the page around it.
    const focused =
      activeElement === (running ? send : stop) || (activeElement === document.body && document.hasFocus());
    send.hidden = running;
    stop.hidden = !running;
    if (focused) (running ? stop : send).focus({ preventScroll: true });
  }
  const abort = () => htmx.trigger(form, "htmx:abort");

  async function stopSending(event) {
    // Stop stands where Send stood: the second click of a double click is not meant for it.
    if (event.detail > 1 && performance.now() - sentAt < 500) return;
    if (stopped || !live) {
      stopped = true;
      abort(); // at once; also when it is pressed again
      return;
    }
    stopped = true;
    const body = new URLSearchParams({ number: live.dataset.live });
    const token = form.elements.namedItem("csrfmiddlewaretoken"); // a frame has none
    if (token) body.set("csrfmiddlewaretoken", token.value);
    const of = live;
    const giveUp = () => {
      if (live === of) abort();
    };
    setTimeout(giveUp, patience);
    try {
      if (!(await fetch(stop.dataset.url, { method: "POST", body })).ok) giveUp();
    } catch {
      giveUp();
    }
  }
  stop.addEventListener("click", stopSending);
  document.addEventListener("keydown", (event) => {
    if (event.key.startsWith("Arrow")) suggesting = event.target.list && event.target;
    if (event.key !== "Escape") return;
    // Esc may be meant for a menu, for suggestions, or for a word that is being composed.
    const otherwise =
      event.defaultPrevented || event.isComposing || (suggesting && suggesting === event.target);
    suggesting = null;
    if (!stop.hidden && !otherwise) stopSending(event);
  });
  // A page is not told whether a browser shows its suggestions: it may, once someone types or clicks.
  let suggesting = null;
  for (const type of ["input", "pointerdown"]) {
    document.addEventListener(type, ({ target }) => {
      suggesting = target.list ? target : null;
    });
  }

  const isSend = (event) => event.detail.ctx?.sourceElement === form;

  document.addEventListener("htmx:before:request", (event) => {
    if (!isSend(event)) return;
    const since = performance.now();
    sentAt = since;
    suggesting = null; // who sends has done with them
    busy.dataset.running = "";
    announcer.textContent = "";
    stopped = answered = changedMeanwhile = false;
    live = null;
    toggleStop(true);
    select(byName("answer")); // now, so that nothing jumps when it comes
    outcome.setAttribute("aria-busy", "true");
    outcome.dataset.hold = "";
    // Ten times a second for the eye; a screen reader hears the first only.
    busy.setAttribute("aria-live", "off");
    tick(since);
    timer = setInterval(tick, 100, since);
  });
  document.addEventListener("htmx:finally:request", (event) => {
    if (!isSend(event)) return;
    clearInterval(timer);
    delete busy.dataset.running;
    delete outcome.dataset.hold;
    outcome.removeAttribute("aria-busy");
    toggleStop(false);
    if (live) {
      breakOff();
      live = null;
      showOutcome();
    } else if (stopped && !answered) {
      lost();
      select(byName("answer"));
      showOutcome();
    }
    if (changedMeanwhile) outcome.dataset.stale = "";
    busy.setAttribute("aria-live", "polite");
    busy.textContent = "";
    // What went wrong is an alert, and is heard by itself.
    announcer.textContent = outcome.querySelector("[data-spoken]")?.dataset.spoken ?? "";
  });

  // Messages that came together would be put in all at once: between them the page takes a breath. (A timer
  // would do that once a second in a tab behind others.)
  let breathed = 0;
  document.addEventListener("htmx:sse:before:message", (event) => {
    if (performance.now() - breathed < 30) return;
    event.detail.waitUntil(
      new Promise((resume) => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => {
          breathed = performance.now();
          resume();
        };
        port2.postMessage(null);
      }),
    );
  });

  // What a person has unfolded stays so when the end of the stream replaces it.
  let unfolded = [];
  // Who looks at the end of a growing answer goes on looking at its end.
  const scroller = () => (getComputedStyle(own).overflowY === "auto" ? own : document.documentElement);
  let following = false;
  function follow() {
    if (following && selected() === byName("answer")) scroller().scrollTop = scroller().scrollHeight;
  }
  const folds = () => [...part("panel-answer").querySelectorAll("details.reasoning")];
  document.addEventListener("htmx:before:swap", (event) => {
    if (!isSend(event) || !live) return;
    if (selected() === byName("answer")) {
      const { scrollHeight, scrollTop, clientHeight } = scroller();
      following = scrollHeight - scrollTop - clientHeight < 40;
    }
    unfolded = folds().map((fold) => fold.open);
  });
  document.addEventListener("htmx:after:swap", (event) => {
    if (!isSend(event)) return;
    const before = live;
    if (before?.isConnected) {
      follow(); // one of many
      return;
    }
    live = outcome.querySelector("[data-live]");
    answered = true;
    delete outcome.dataset.hold;
    // A proxy's error page is not one of our fragments.
    if (!part("panel-answer", outcome)) lost();
    delete outcome.dataset.stale;
    // The tab that a person chose meanwhile stays, unless what came is about the request itself.
    select(outcome.querySelector("[data-refusal]") ? byName("answer") : selected());
    showOutcome();
    if (before) {
      folds().forEach((fold, at) => {
        fold.open = unfolded[at] ?? false;
      });
      follow();
    } else if (
      !framed &&
      matchMedia("(max-width: 1099px)").matches &&
      !outcome.querySelector("[data-refusal]")
    ) {
      own.scrollIntoView({ block: "start" });
    }
  });
  document.addEventListener("htmx:error", (event) => {
    if (!isSend(event) || live) return;
    lost();
    select(byName("answer"));
    showOutcome();
  });

  // --- the code's language, remembered in this browser ---

  const targets = [...document.querySelectorAll("[data-show-target]")];
  const codes = part("codes");

  let shownTarget = null;

  function showTarget(id) {
    shownTarget = id;
    for (const result of results) part("codes", result).dataset.chosen = "";
    for (const block of document.querySelectorAll("[data-target]"))
      block.hidden = block.dataset.target !== id;
    for (const button of targets)
      button.setAttribute("aria-pressed", String(button.dataset.showTarget === id));
  }
  for (const button of targets) {
    button.addEventListener("click", () => {
      showTarget(button.dataset.showTarget);
      try {
        localStorage.setItem("playground.target", button.dataset.showTarget);
      } catch {
        /* for this page, then */
      }
    });
  }
  function rememberedTarget() {
    let id = null;
    try {
      id = localStorage.getItem("playground.target");
    } catch {
      /* storage is switched off */
    }
    return targets.some((button) => button.dataset.showTarget === id) ? id : targets[0].dataset.showTarget;
  }
  showTarget(rememberedTarget());

  // --- the link ---

  // The server makes the link along with the code, so it waits for code that is on its way.
  const link = document.querySelector("[data-copy-link]");
  const stale = () => {
    codes.dataset.stale = "";
    if (outcome.hasAttribute("aria-busy")) changedMeanwhile = true;
    else if (outcome.querySelector("[data-result]")) outcome.dataset.stale = "";
  };
  form.addEventListener("input", stale);
  document.body.addEventListener("playground:changed", stale);
  codes.addEventListener("htmx:after:swap", () => {
    delete codes.dataset.stale;
    showTarget(shownTarget);
  });
  link?.addEventListener("click", async () => {
    if ("stale" in codes.dataset) {
      await new Promise((ready) => {
        codes.addEventListener("htmx:after:swap", ready, { once: true });
      });
    }
    copyText(link, part("permalink")?.href);
  });

  const keys = document.querySelector("[data-keys]");
  if (/Mac|iPhone|iPad/.test(navigator.platform)) keys.textContent = "⌘ ↵";

  for (const result of results) {
    const isThere = part("outcome", result).querySelector("[data-result], [data-refusal]");
    select(byName(isThere ? "answer" : "code", result));
    showOutcome(result);
  }
})();
