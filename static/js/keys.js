// The key: kept for this tab or this browser only when the person says so, and apart for each provider,
// so that a key never goes to a host that it was not typed for. That holds without any storage as well.
(() => {
  const form = document.getElementById("request-form");
  const input = document.getElementById("api_key");
  const provider = document.getElementById("provider");
  const base = document.getElementById("base_url");
  const choice = document.querySelector("[data-remember-choice]");
  const remember = document.querySelector("[data-remember]");
  const full = document.querySelector("[data-storage-full]");
  const forget = document.querySelector("[data-forget]");
  const typed = new Map(); // for the life of this page

  // Storage can be switched off (asking for it throws, or gives null) and full (writing throws).
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
    // What is no URL yet is nobody else's either.
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
    } // switched off meanwhile
  };
  const erase = (store, name) => {
    if (read(store, name) !== null) store.get().removeItem(slot(name));
  };
  const found = (name) => stores.find((store) => read(store, name) !== null);

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
    const name = owner();
    keyOwner = name;
    const store = found(name);
    input.value = store ? read(store, name) : typed.get(name) || "";
    choice.value = store?.name ?? "";
    full.hidden = true;
    reveal();
  }

  // The question stands only beside a key, and where there is something to keep it in.
  function reveal() {
    forget.hidden = !found(keyOwner);
    remember.hidden = !stores.length || (!input.value && forget.hidden);
    document.dispatchEvent(new Event("playground:key"));
  }

  // What is typed is written over what was kept, never after taking that away: another tab would take that
  // for the wish to forget it.
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
        erase(store, name); // an older key would come back in place of this one
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
