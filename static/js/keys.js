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

  function show() {
    const name = owner();
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
    const name = owner();
    typed.set(name, input.value);
    for (const store of Object.values(stores)) store.removeItem(slot(name));
    if (choice.value && input.value && name) stores[choice.value].setItem(slot(name), input.value);
    forget.hidden = !found(name);
    reveal();
  }

  input.addEventListener("input", keep);
  choice.addEventListener("change", keep);
  provider.addEventListener("change", show);
  base.addEventListener("change", show);
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
