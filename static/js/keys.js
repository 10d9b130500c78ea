// The API key: stored for this tab or this browser only on request, and separately for each provider, so that a key
// never goes to a host for which it was not entered. That also holds without storage.
(() => {
  const form = document.getElementById("request-form");
  const input = document.getElementById("api_key");
  const provider = document.getElementById("provider");
  const base = document.getElementById("base_url");
  const choice = document.querySelector("[data-remember-choice]");
  const remember = document.querySelector("[data-remember]");
  const full = document.querySelector("[data-storage-full]");
  const forget = document.querySelector("[data-forget]");
  const typed = new Map(); // while this page is open

  // Storage can be disabled (reading it throws, or gives null) or full (writing throws).
  const stores = Object.entries({ tab: () => sessionStorage, browser: () => localStorage }).flatMap(
    ([name, get]) => {
      try {
        get().getItem("");
        return [{ name, get }];
      } catch {
        choice.querySelector(`[value=${name}]`).remove();
        return [];
      }
    },
  );

  function owner() {
    if (provider.value) return provider.value;
    // An incomplete URL counts as an owner too.
    try {
      return new URL(base.value).origin;
    } catch {
      return base.value.trim();
    }
  }
  const slot = (name) => `playground.key:${name}`;
  const read = (store, name) => {
    try {
      return store.get().getItem(slot(name));
    } catch {
      return null;
    } // disabled in the meantime
  };
  const erase = (store, name) => {
    if (read(store, name) !== null) store.get().removeItem(slot(name));
  };
  const found = (name) => stores.find((store) => read(store, name) !== null);

  // The owner of the key in the field; "" without a base URL.
  let keyOwner = owner();

  // Runs before each request, so that a key is sent only to its owner.
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
    const name = owner();
    keyOwner = name;
    const store = found(name);
    input.value = store ? read(store, name) : typed.get(name) || "";
    choice.value = store?.name ?? "";
    full.hidden = true;
    reveal();
  }

  // Ask whether to remember the key only when there is one, and storage for it.
  function reveal() {
    forget.hidden = !found(keyOwner);
    remember.hidden = !stores.length || (!input.value && forget.hidden);
    document.dispatchEvent(new Event("playground:key"));
  }

  // Overwrite the stored key without removing it first: other tabs would forget theirs.
  function keep() {
    const name = owner();
    keyOwner = name;
    document.querySelector("[data-key-moved]").hidden = true;
    full.hidden = true;
    typed.set(name, input.value);
    const store = stores.find((one) => one.name === choice.value);
    if (store && input.value && name) {
      try {
        store.get().setItem(slot(name), input.value);
      } catch {
        choice.value = "";
        erase(store, name); // or an older key would come back
        full.hidden = false;
      }
    }
    reveal();
  }

  input.addEventListener("input", keep);
  choice.addEventListener("change", () => {
    keep();
    for (const store of stores) if (store.name !== choice.value) erase(store, owner());
    reveal();
  });
  document.addEventListener("playground:opened", show); // a link names the provider or the base URL
  provider.addEventListener("change", settle);
  base.addEventListener("change", settle);
  // A keyboard shortcut sends before the field has fired its change event.
  document.addEventListener("htmx:config:request", (event) => {
    const body = event.detail.ctx.request.body;
    if (!body?.has?.("api_key")) return;
    settle();
    body.set("api_key", input.value);
  });
  // A key forgotten in another tab is forgotten here too.
  window.addEventListener("storage", (event) => {
    if (event.key === slot(keyOwner) && event.newValue === null) {
      typed.delete(keyOwner);
      show();
    }
  });
  forget.addEventListener("click", () => {
    const name = owner();
    typed.delete(name);
    input.value = "";
    choice.value = "";
    for (const store of stores) erase(store, name);
    keep();
    input.focus();
  });
  form.addEventListener("reset", show);
  show();
})();
