// The playground in a frame of another page: theme, height and long requests, by messages; and the token that each
// call needs. Runs before the first paint.
(() => {
  const root = document.documentElement;
  root.classList.add("js");

  // The page around names its origin; messages reach it only if that is true.
  const asked = new URLSearchParams(location.search);
  const host = asked.get("host") ?? "";
  const framed = parent !== window && /^https?:\/\/[^/?#]+$/.test(host);
  const OURS = "api-playground";
  const say = (message) => {
    if (framed) parent.postMessage({ from: OURS, ...message }, host);
  };
  // For the author, in the browser's console; readers do not see it.
  const tell = (...words) => console.warn(["API Playground:", ...words].join(" "));
  const overruled = (embed, names) => {
    if (names)
      tell(
        `the embed "${embed}" sets ${names}. The values in the tag on ${host || "this page"} are ignored.`,
      );
  };
  const unsendable = (problems) => {
    if (problems) tell(`The request in the tag on ${host || "this page"} can't be sent.`, problems);
  };
  const outdated = (sentence) => {
    if (sentence) tell(...[host, sentence].filter(Boolean));
  };
  const part = (name) => document.querySelector(`#result [data-part="${name}"]`);
  const isRefused = "refused" in root.dataset;
  // An embed that is turned off shows nothing until it has its request: there may be no saved answer for it.
  const waits = "waits" in root.dataset;
  if (!isRefused) say({ type: waits ? "waits" : "here" }); // unlike a browser's own error page

  addEventListener("message", ({ origin, source, data }) => {
    if (origin !== host || source !== parent || data?.from !== OURS) return;
    if (data.type === "theme" && ["light", "dark"].includes(data.theme)) root.dataset.theme = data.theme;
    if (data.type === "request") fill(String(data.request));
  });

  // For a request that is too long for the URL. The server applies the embed's settings to it, as it does to the URL.
  async function fill(request) {
    const form = document.getElementById("request-form");
    const [embed, opened, dialect] = ["embed", "opened", "dialect"].map((name) =>
      form.elements.namedItem(name),
    );
    // Default to the embed's API, or without an embed to the API of the form as it was opened.
    const api = asked.get("dialect") ?? (embed.value ? "" : (dialect?.value ?? ""));
    const body = new URLSearchParams({ embed: embed.value, dialect: api, lang: root.lang, request });
    let filled;
    try {
      const answer = await fetch(form.dataset.fill, {
        method: "POST",
        body,
        headers: { Accept: "application/json" },
      });
      filled = await answer.json();
    } catch (error) {
      tell(error.message);
      if (waits) reveal();
      return show(part("lost").content.querySelector(".notice").cloneNode(true));
    }
    if (filled.error) {
      const { title, advice, fields } = filled.error;
      if (waits) return refuse(title, advice);
      return complain([title, ...Object.values(fields), advice]);
    }
    opened.value = filled.opened;
    // To show its saved answer, once the form has the request.
    if (waits) document.addEventListener("playground:filled", () => form.requestSubmit(), { once: true });
    document.dispatchEvent(new CustomEvent("playground:fill", { detail: filled.request }));
    overruled(embed.value, filled.overruled.join(", "));
    unsendable(filled.problems.join(" "));
    if (waits) reveal();
  }

  function refuse(title, advice) {
    say({ type: "refused", title });
    tell(`${host || "this page"}:`, title, "–", advice);
  }

  function complain(sentences) {
    const notice = document.createElement("div");
    notice.className = "notice error";
    notice.setAttribute("role", "alert");
    notice.append(
      ...sentences.map((text) => Object.assign(document.createElement("p"), { textContent: text })),
    );
    show(notice);
    tell(...sentences);
  }

  const show = (notice) => part("outcome").prepend(notice);

  function followHeight() {
    let told = 0;
    new ResizeObserver(() => {
      const height = Math.ceil(document.body.getBoundingClientRect().height);
      if (height === told) return;
      told = height;
      say({ type: "height", height });
    }).observe(document.body);
  }

  function reveal() {
    say({ type: "here" });
    followHeight();
  }

  // Each response brings the token for the next call, in a header, so a stream does so long before it ends.
  document.addEventListener("htmx:config:request", (event) => {
    event.detail.ctx.fetch = async (...request) => {
      const answer = await fetch(...request);
      const token = answer.headers.get("X-Embed-Token");
      if (token) document.querySelector("[name=embed_token]").value = token;
      return answer;
    };
  });

  // Not at `load`: Chromium can delay it in a frame that is not painted, and this one is painted only when filled.
  document.addEventListener("DOMContentLoaded", () => {
    if (isRefused) {
      const [title, advice] = document.querySelectorAll(".refused :is(h1, h1 + p)");
      return refuse(title.textContent, advice.textContent);
    }
    overruled(root.dataset.embed, root.dataset.overruled);
    // If it cannot even be parsed, the form has the embed's own request, and perhaps its answer.
    unsendable(root.dataset.problems);
    outdated(root.dataset.outdated);
    if (!waits) followHeight();

    // Keep the link up to date with the form: the code includes the URL.
    part("codes").addEventListener("htmx:after:swap", () => {
      const link = part("permalink");
      if (link) document.querySelector("[data-open]").href = link.href;
    });
    say({ type: "ready" }); // the form's own script has run: it is deferred
  });
})();
