// The key: kept for this tab or this browser only when the person says so, and apart for each provider,
// so that a key never goes to a host that it was not typed for.
(() => {
  const form = document.getElementById("request-form");
  const input = document.getElementById("api_key");
  const provider = document.getElementById("provider");
  const base = document.getElementById("base_url");
  const choice = document.querySelector("[data-remember-choice]");
  const remember = document.querySelector("[data-remember]");
  const forget = document.querySelector("[data-forget]");
  const typed = new Map(); // for the life of this page
  const stores = {};
  try {
    stores.tab = sessionStorage;
    stores.browser = localStorage;
  } catch {
    remember.remove(); // storage is switched off, so nothing can be remembered
    return;
  }

  function owner() {
    if (provider.value) return provider.value;
    try { return new URL(base.value).origin; } catch { return ""; }
  }
  const slot = (name) => `playground.key:${name}`;
  const found = (name) => Object.keys(stores).find((store) => stores[store].getItem(slot(name)) !== null);

  // Whom the key in the field was typed for; "" while no base URL says so.
  let keyOwner = owner();

  // Before a key goes anywhere: it goes to whom it was typed for, and to nobody else.
  function settle() {
    const name = owner();
    if (name === keyOwner) return;
    if (!keyOwner && input.value && !found(name)) {
      keyOwner = name; // the key was typed before the base URL
      keep();
      return;
    }
    const left = input.value && !provider.value ? keyOwner : "";
    show();
    const notice = document.querySelector("[data-key-moved]");
    notice.hidden = !left || Boolean(input.value);
    notice.querySelector("span").textContent = notice.dataset.text.replace("%s", left);
    notice.querySelector("button").onclick = () => {
      input.value = typed.get(left) || "";
      notice.hidden = true;
      keep();
      input.focus(); // the button is gone
    };
  }

  function show() {
    const name = keyOwner = owner();
    const store = found(name);
    input.value = store ? stores[store].getItem(slot(name)) : typed.get(name) || "";
    choice.value = store || "";
    forget.hidden = !store;
    reveal();
  }

  // The question stands only beside a key.
  function reveal() {
    remember.hidden = !input.value && forget.hidden;
    document.dispatchEvent(new Event("playground:key"));
  }

  function keep() {
    const name = keyOwner = owner();
    document.querySelector("[data-key-moved]").hidden = true;
    typed.set(name, input.value);
    for (const store of Object.values(stores)) store.removeItem(slot(name));
    if (choice.value && input.value && name) stores[choice.value].setItem(slot(name), input.value);
    forget.hidden = !found(name);
    reveal();
  }

  input.addEventListener("input", keep);
  choice.addEventListener("change", keep);
  provider.addEventListener("change", settle);
  base.addEventListener("change", settle);
  // A shortcut sends before a field has told that it changed.
  document.addEventListener("htmx:config:request", (event) => {
    const body = event.detail.ctx.request.body;
    if (!body?.has?.("api_key")) return;
    settle();
    body.set("api_key", input.value);
  });
  // Forgotten in another tab is forgotten here.
  window.addEventListener("storage", (event) => {
    if (event.key === slot(keyOwner) && event.newValue === null) {
      typed.delete(keyOwner);
      show();
    }
  });
  forget.addEventListener("click", () => {
    typed.delete(owner());
    input.value = "";
    choice.value = "";
    keep();
    input.focus();
  });
  form.addEventListener("reset", show);
  show();
})();
