// The list of a stream's events. A running stream sends them as lines of JSON (`event_line` in
// playground/web/present.py), which become list items once somebody looks: most people never open the list. Only then is
// this loaded.
(() => {
  const aTime = 100; // items made at once, so that thousands do not freeze the page

  function itemOf([number, at, exact, name, brought, data, id, isLong]) {
    const item = document.createElement("li");
    item.dataset.n = number;
    if (id) item.dataset.id = id;
    const add = (tag, text) => {
      const element = item.appendChild(document.createElement(tag));
      element.textContent = text;
      return element;
    };
    const time = add("span", at);
    time.className = "at";
    if (exact) time.title = exact;
    if (name) add("strong", name);
    if (brought) add("q", brought);
    const code = add("code", data);
    if (isLong) code.tabIndex = 0;
    return item;
  }

  // In a hidden tab, timers fire only once a second; messages arrive at once.
  const breath = () =>
    new Promise((resume) => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = resume;
      port2.postMessage(null);
    });

  const drawing = new WeakMap();

  // Make the items of all events that have arrived; the promise tells when they are there.
  function draw(panel) {
    if (!drawing.has(panel))
      drawing.set(
        panel,
        drawArrived(panel).finally(() => drawing.delete(panel)),
      );
    return drawing.get(panel);
  }

  async function drawArrived(panel) {
    const next = () => [...panel.querySelectorAll("[data-arrived]")].find((texts) => texts.firstChild);
    for (let arrived = next(); arrived; arrived = next()) {
      const lines = arrived.textContent.trim().split("\n");
      arrived.replaceChildren();
      const list = arrived.previousElementSibling;
      for (let at = 0; at < lines.length; at += aTime) {
        list.append(...lines.slice(at, at + aTime).map((line) => itemOf(JSON.parse(line))));
        await breath();
      }
    }
  }

  // Show what has arrived in a panel in sight: whenever something arrives, and when its tab is chosen.
  function look() {
    for (const panel of document.querySelectorAll('[data-part="panel-stream"]:not([hidden])')) draw(panel);
  }
  look();
  for (const arrival of ["htmx:after:swap", "playground:texts"]) document.addEventListener(arrival, look);
  new MutationObserver(look).observe(document.body, { attributeFilter: ["hidden"], subtree: true });

  // The list of events as event-stream text. An id holds until the next one.
  function eventStream(panel) {
    let id = "";
    return [...panel.querySelectorAll(".events > li")]
      .map((item) => {
        const name = item.querySelector("strong");
        const fields = name ? [`event: ${name.textContent}`] : [];
        if ((item.dataset.id ?? id) !== id) {
          id = item.dataset.id;
          fields.push(`id: ${id}`);
        }
        const lines = item.querySelector("code").textContent.split("\n");
        return [...fields, ...lines.map((line) => `data: ${line}`), "", ""].join("\n");
      })
      .join("");
  }

  document.addEventListener("click", (event) => {
    const whole = event.target.closest("[data-whole-events]");
    if (whole) {
      const pressed = whole.closest("[role=tabpanel]").toggleAttribute("data-whole");
      whole.setAttribute("aria-pressed", String(pressed));
    }
    const button = event.target.closest("[data-copy-events]");
    const panel = button?.closest("[role=tabpanel]");
    if (button) draw(panel).then(() => copyText(button, eventStream(panel)));
  });
})();
