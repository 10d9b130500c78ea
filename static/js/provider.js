// The selected provider: its state, key, first model, and token count.
(() => {
  const form = document.getElementById("request-form");
  const provider = document.getElementById("provider");
  const model = document.getElementById("model");
  const key = document.getElementById("api_key");

  let before = provider.selectedOptions[0];
  let suggested = JSON.parse(before.dataset.models);

  function showProvider() {
    const { state, ready, key: from, docs } = provider.selectedOptions[0].dataset;
    form.querySelector("[data-own-base]").toggleAttribute("data-off", provider.value !== "");
    const line = document.getElementById("provider-state");
    const withKey = from !== "none" && key.value;
    line.querySelector(".dot").dataset.ready = withKey ? "yes" : ready;
    line.querySelector("[data-state-text]").textContent = withKey ? line.dataset.withKey : state;
    const link = line.querySelector("[data-docs-link]");
    link.hidden = !docs;
    link.href = docs;
    form.querySelector("[data-key-field]").hidden = from === "none";
    key.placeholder = from === "typed" ? key.dataset.typed : key.dataset.server;
  }

  // What was said of the model before says nothing of another one.
  const outdated = document.getElementById("outdated");
  const forgetOutdated = () => outdated.replaceChildren();
  model.addEventListener("input", forgetOutdated);
  document.body.addEventListener("playground:changed", ({ detail }) => detail === model && forgetOutdated());

  // A link can name another provider. An option that is not ready can be chosen, too: it says why.
  document.addEventListener("playground:opened", ({ detail }) => {
    provider.value = detail.provider;
    form.querySelector("[name=base_url]").value = detail.base_url;
    forgetDetected();
    document.dispatchEvent(new Event("playground:provider"));
  });

  provider.addEventListener("change", () => {
    const chosen = provider.selectedOptions[0];
    const models = JSON.parse(chosen.dataset.models);
    const isOfBefore = suggested.includes(model.value) || outdated.firstElementChild;
    if (!model.value || isOfBefore) model.value = models[0] || model.value;
    suggested = models;
    // What a key allows; whoever pays with one of their own gets all of the answer.
    for (const limit of form.querySelectorAll("[data-limits]"))
      if (limit.value && limit.value === before.dataset.limit) limit.value = chosen.dataset.limit ?? "";
    forgetOutdated();
    showProvider();
    requestForm.changed(model);
    // It can speak other APIs.
    if (chosen.dataset.dialects !== before.dataset.dialects) editForm(`provider:${before.value}`);
    before = chosen;
  });

  // The detected APIs are those of the previous base URL. The event must not bubble: it would stop the running answer.
  function forgetDetected() {
    form.querySelector("[data-own-base] [hx-post]").dispatchEvent(new Event("htmx:abort"));
    document.getElementById("detected").replaceChildren();
  }
  form.querySelector("[name=base_url]").addEventListener("input", forgetDetected);

  document.addEventListener("playground:key", showProvider);
  // It was set together with everything that depends on it.
  document.addEventListener("playground:provider", () => {
    before = provider.selectedOptions[0];
    suggested = JSON.parse(before.dataset.models);
    showProvider();
  });
  showProvider();

  // What the server changed in the key or the address that was entered.
  let noted = null; // the last response
  function tellNotes({ detail: { ctx } }) {
    if (!ctx.response?.headers || ctx.response === noted || ctx.sourceElement.dataset.part === "codes")
      return;
    noted = ctx.response;
    for (const name of ["key", "address"]) {
      const told = form.querySelector(`[data-${name}-note]`); // an embed lacks one of them
      if (!told) continue;
      const note = ctx.response.headers.get(`X-${name}-Note`);
      told.hidden = !note;
      told.textContent = note ? JSON.parse(note) : "";
    }
  }
  document.addEventListener("htmx:before:response", tellNotes);
  document.addEventListener("htmx:before:swap", tellNotes); // a stream has no other event for it

  // A change makes the count outdated.
  const count = document.getElementById("count"); // none in a frame
  function forgetCount() {
    count.dispatchEvent(new Event("htmx:abort"));
    // Changing the page between two letters would split what one Ctrl+Z undoes, so do it only if needed.
    const counted = document.getElementById("counted");
    if (counted.firstElementChild) counted.replaceChildren();
  }
  if (count) {
    form.addEventListener("input", forgetCount);
    document.body.addEventListener("playground:changed", forgetCount);
  }
})();
