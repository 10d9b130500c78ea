// Results: tabs, the busy line, a growing answer. A page can have several results with the same parts, so
// parts are looked up within their result. The form shows what it sends in `#result`; in the playground the answer
// itself stands in the conversation (`conversation.js`), so there is no tab for it.
(() => {
  const form = document.getElementById("request-form");
  const results = document.querySelectorAll("[data-results]");
  const own = document.getElementById("result");
  const part = (name, result = own) => result.querySelector(`[data-part="${name}"]`);
  const outcome = part("outcome");
  const slot = document.getElementById("answer"); // in the conversation
  const answerPanel = () => part("panel-answer", slot ?? outcome) ?? part("panel-answer", outcome);
  const busy = document.querySelector("[data-busy]");
  const announcer = document.querySelector("[data-announcer]");

  // --- tabs (WAI-ARIA tabs, activated by focus) ---

  const tabsOf = (result) => [...result.querySelectorAll("[role=tab]")];

  function select(tab) {
    if (!tab) return;
    const result = tab.closest("[data-results]");
    for (const other of tabsOf(result)) {
      const chosen = other === tab;
      other.setAttribute("aria-selected", String(chosen));
      other.tabIndex = chosen ? 0 : -1;
      const panel = part(other.dataset.part.replace("tab", "panel"), result);
      if (panel) panel.hidden = !chosen;
      if (panel?.id) other.setAttribute("aria-controls", panel.id);
      else other.removeAttribute("aria-controls"); // only parts of an exchange have an id
    }
    // What few look at is loaded when it is looked at.
    if (tab.dataset.script) import(tab.dataset.script);
  }
  const selected = () => own.querySelector("[role=tab][aria-selected=true]");
  let chosen; // by a person; without an answer, there is only its code
  const byName = (name, result) => part(`tab-${name}`, result);

  for (const tab of [...results].flatMap(tabsOf)) {
    tab.addEventListener("click", () => {
      chosen = tab;
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
        target.click();
        target.focus();
      }
    });
  }

  function showOutcome(result = own) {
    const failed = part("outcome", result).querySelector("[data-error], [data-refusal]");
    byName("answer", result)?.toggleAttribute("data-failed", Boolean(failed));
    const stream = byName("stream", result);
    stream.hidden = !part("panel-stream", result);
    // A call without a stream has no events to stay at.
    select(stream.hidden && stream === selected() ? byName("raw", result) : null);
  }

  // --- busy ---

  let timer = null;
  let live = null; // the panel of a running stream
  let isGrowing = false; // what arrived last was more of it

  // As in `playground/amounts.py`.
  const duration = (ms) => (Math.round(ms) < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`);

  function tick(since) {
    const time = duration(performance.now() - since);
    // A stream that is open may still wait for the model's first token.
    const arriving = live && part("live-choices", live).hasChildNodes();
    window.growth.say(busy, `${arriving ? busy.dataset.live : busy.dataset.text} · ${time}`);
    const elapsed = live?.querySelector("[data-elapsed]");
    if (elapsed) window.growth.say(elapsed, time);
    // How long the model has been thinking: the server says only when it begins.
    for (const counter of live?.querySelectorAll("[data-counts]") ?? []) {
      counter.since ??= performance.now() - Number(counter.dataset.counts);
      window.growth.say(counter, duration(performance.now() - counter.since));
    }
  }

  const fragment = (template) => part(template).content.cloneNode(true);
  function show(template) {
    outcome.replaceChildren(fragment(template));
    moveAnswer();
  }
  // The answer arrives with the rest of the result, but its place is in the conversation.
  function moveAnswer() {
    const arrived = part("panel-answer", outcome);
    if (!slot || !arrived) return;
    arrived.role = "group"; // no panel of a tab
    slot.replaceChildren(arrived);
  }
  const lost = () => show(stopped ? "stopped" : "lost");

  // A stream that was cut off: keep what was received, and add a notice that says why it ended.
  function breakOff() {
    live.querySelector(".facts").after(fragment(stopped ? "stopped-live" : "broken"));
    for (const text of document.querySelectorAll("[data-unfinished]"))
      text.textContent = text.dataset.unfinished;
    live.removeAttribute("data-live");
    live.setAttribute("data-result", "");
  }

  // --- Stop ---
  //
  // Stop a live exchange on the server, by its number, to still get its result. If that does not work at once
  // (another process runs it, or there is no response), close the connection, which the server notices.

  const send = document.getElementById("send");
  const stop = document.getElementById("stop-sending");
  const patience = 1500;
  let stopped = false;
  let answered = false;
  let changedMeanwhile = false;
  let sentAt = 0;

  function toggleStop(running) {
    const { activeElement } = document;
    // A frame that sends without a click must not take the focus from the page around it.
    const focused =
      activeElement === (running ? send : stop) || (activeElement === document.body && document.hasFocus());
    send.hidden = running;
    stop.hidden = !running;
    if (focused) (running ? stop : send).focus({ preventScroll: true });
  }
  const abort = () => htmx.trigger(form, "htmx:abort");

  async function stopSending(event) {
    // Stop replaces Send in the same place: ignore the second click of a double click.
    if (event.detail > 1 && event.timeStamp - sentAt < 500) return;
    if (stopped || !live) {
      stopped = true;
      abort(); // at once, also on the second click
      return;
    }
    stopped = true;
    const body = new URLSearchParams({ number: live.dataset.live });
    const token = form.elements.namedItem("csrfmiddlewaretoken"); // not in a frame
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
    // Esc can also be for a menu, for suggestions, or for an input method.
    const otherwise =
      event.defaultPrevented ||
      event.isComposing ||
      document.querySelector(":popover-open") ||
      (suggesting && suggesting === event.target);
    suggesting = null;
    if (!stop.hidden && !otherwise) stopSending(event);
  });
  // A page cannot see whether the browser shows suggestions; assume so after typing or clicking.
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
    suggesting = null; // sending closes them
    busy.dataset.running = "";
    announcer.textContent = "";
    stopped = answered = changedMeanwhile = false;
    live = null;
    toggleStop(true);
    select(byName("answer")); // now, so that nothing jumps when the result arrives
    slot?.replaceChildren();
    outcome.setAttribute("aria-busy", "true");
    outcome.dataset.hold = "";
    // It changes ten times a second; a screen reader announces only the first text.
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
    // Errors are alerts, which a screen reader announces anyway.
    announcer.textContent = answerPanel()?.dataset.spoken ?? "";
  });

  // Yield between messages, or those that arrive together would freeze the page. (Not with a timer: in a hidden tab
  // it fires only once a second.)
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

  // Keep open what was unfolded when the finished answer replaces the live one.
  let unfolded = [];
  // Keep following a growing answer if its end is in view.
  const talk = document.querySelector("[data-talk]"); // the conversation, which a frame has not
  const scroller = () =>
    [talk, own].find((pane) => pane && getComputedStyle(pane).overflowY === "auto") ??
    document.documentElement;
  const showsAnswer = () => talk || selected() === byName("answer");
  // Measuring makes the browser lay out the page: once a frame, and not for each of the many changes.
  let following = false;
  let scrolledTo = null;
  let isDue = false;
  function atEnd() {
    const { scrollHeight, scrollTop, clientHeight } = scroller();
    return scrollTop === scrolledTo || scrollHeight - scrollTop - clientHeight < 40;
  }
  function follow() {
    if (isDue || !following || !showsAnswer()) return;
    isDue = true;
    requestAnimationFrame(() => {
      isDue = false;
      const pane = scroller();
      pane.scrollTop = pane.scrollHeight;
      scrolledTo = pane.scrollTop;
    });
  }
  const scrolled = () => {
    if (live) following = atEnd();
  };
  document.addEventListener("scroll", scrolled, { capture: true, passive: true });
  const folds = () => [...(answerPanel()?.querySelectorAll("details.reasoning:not([hidden])") ?? [])];
  document.addEventListener("htmx:before:swap", (event) => {
    if (!isSend(event) || !live) return;
    unfolded = folds().map((fold) => fold.open);
  });
  document.addEventListener("htmx:after:swap", (event) => {
    if (!isSend(event)) return;
    moveAnswer();
    const before = live;
    isGrowing = Boolean(before?.isConnected);
    if (isGrowing) {
      follow();
      return;
    }
    answered = true;
    delete outcome.dataset.hold;
    // It can be a proxy's error page instead of our fragment.
    if (!answerPanel()) lost();
    live = answerPanel()?.matches("[data-live]") ? answerPanel() : null;
    if (live) following = atEnd();
    delete outcome.dataset.stale;
    // Stay on the tab that was chosen meanwhile, unless the request was refused.
    select(answerPanel()?.matches("[data-refusal]") ? byName("answer") : selected());
    showOutcome();
    if (before) {
      folds().forEach((fold, at) => {
        fold.open = unfolded[at] ?? false;
      });
      follow();
    }
  });
  document.addEventListener("playground:texts", follow);
  document.addEventListener("htmx:error", (event) => {
    if (!isSend(event) || live) return;
    lost();
    select(byName("answer"));
    showOutcome();
  });

  // A link was opened, and something in it is wrong.
  document.addEventListener("playground:opened", () => {
    moveAnswer();
    if (!answerPanel()?.matches("[data-refusal]")) return;
    select(byName("answer"));
    showOutcome();
    answerPanel().scrollIntoView({ block: "nearest" });
  });

  // In a frame, the answer stands beside a form that may have changed since.
  const changed = () => {
    if (slot) return;
    if (outcome.hasAttribute("aria-busy")) changedMeanwhile = true;
    else if (answerPanel()?.matches("[data-result]")) outcome.dataset.stale = "";
  };
  form.addEventListener("input", changed);
  document.body.addEventListener("playground:changed", changed);

  const keys = document.querySelector("[data-keys]");
  if (/Mac|iPhone|iPad/.test(navigator.platform)) keys.textContent = "⌘ ↵";

  for (const result of results) {
    const isThere = part("outcome", result).querySelector("[data-result], [data-refusal]");
    select((isThere && byName("answer", result)) || byName("code", result));
    showOutcome(result);
  }

  // Show what the outcome now has in the tab that is chosen.
  window.resultPane = {
    isGrowing: () => isGrowing,
    show() {
      select(outcome.children.length ? (chosen ?? selected()) : byName("code"));
      showOutcome();
    },
  };
})();
