// The playground in a frame of another page: theme and height, by messages; and the token that each send takes.
// Runs before the first paint.
(() => {
  const root = document.documentElement;
  root.classList.add("js");

  // The page around says who it is; a message to it arrives only if that is so.
  const host = new URLSearchParams(location.search).get("host") ?? "";
  const framed = parent !== window && /^https?:\/\/[^/?#]+$/.test(host);
  const OURS = "api-playground";
  const say = (message) => { if (framed) parent.postMessage({ from: OURS, ...message }, host); };

  addEventListener("message", ({ origin, source, data }) => {
    if (origin !== host || source !== parent || data?.from !== OURS) return;
    if (data.type === "theme" && ["light", "dark"].includes(data.theme)) root.dataset.theme = data.theme;
    if (data.type === "request") {
      try {
        document.dispatchEvent(new CustomEvent("playground:fill", { detail: JSON.parse(data.request) }));
      } catch { /* the page around has checked it; what it says now is no request */ }
    }
  });

  // Each answer brings the token of the next send; a stream does in its head, long before its end.
  document.addEventListener("htmx:config:request", (event) => {
    event.detail.ctx.fetch = async (...request) => {
      const answer = await fetch(...request);
      const token = answer.headers.get("X-Embed-Token");
      if (token) document.querySelector("[name=embed_token]").value = token;
      return answer;
    };
  });

  document.addEventListener("DOMContentLoaded", () => {
    let told = 0;
    new ResizeObserver(() => {
      const height = Math.ceil(document.body.getBoundingClientRect().height);
      if (height !== told) say({ type: "height", height: told = height });
    }).observe(document.body);

    // The link takes along what the form says now; its code has the address.
    document.getElementById("codes").addEventListener("htmx:after:swap", () => {
      const link = document.getElementById("permalink");
      if (link) document.querySelector("[data-open]").href = link.href;
    });
  });
  // When the form's own script listens.
  addEventListener("load", () => say({ type: "ready" }));
})();
