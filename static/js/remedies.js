// What helps an answer that failed or was cut: send the same again, now or when the provider wants it; go to the field
// that is wrong; let the model go on. Loaded by the first click on such a button (`late.js`).
(() => {
  const pane = document.querySelector(".conversation");
  const { sendAside, whenReady } = window.conversation;
  const { again } = window.versions;

  // Send the same again, now or when the provider wants it.
  let waiting = null;
  function sendAgain(button) {
    const { wait, waiting: text } = button.dataset;
    const label = button.querySelector("span");
    const isWaiting = waiting?.button === button;
    if (waiting) {
      clearInterval(waiting.timer);
      waiting.label.textContent = waiting.before;
      waiting = null;
    }
    if (isWaiting) return;
    if (!wait) {
      again(button);
      return;
    }
    const until = Date.now() + Number(wait) * 1000;
    const tick = () => {
      const left = Math.ceil((until - Date.now()) / 1000);
      label.textContent = text.replace("{0}", Math.max(left, 0));
      if (!button.isConnected) clearInterval(waiting.timer);
      else if (left <= 0) {
        clearInterval(waiting.timer);
        waiting = null;
        again(button);
      }
    };
    waiting = { button, label, before: label.textContent, timer: setInterval(tick, 250) };
    tick();
  }

  function goTo(name) {
    const input = document.getElementById(name);
    requestForm.reveal(input);
    input.select(); // what is typed takes the place of what was wrong
    if (name === "model") document.querySelector("[data-list-models]").click();
  }

  function goOn() {
    const row = requestForm.newRow();
    const content = row.querySelector("[name=content]");
    content.defaultValue = content.value = pane.dataset.continue;
    requestForm.changed();
    sendAside();
  }

  pane.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-send-again]");
    const place = target.closest("[data-go-to]");
    if (button) sendAgain(button);
    else if (place) goTo(place.dataset.goTo);
    else if (target.closest("[data-continue-answer]")) whenReady(goOn);
  });
})();
