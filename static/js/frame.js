// The playground in a frame of another page: theme, height and a long request, by messages; and the token that
// each send takes. Runs before the first paint.
(() => {
  const root = document.documentElement;
  root.classList.add("js");

  // The page around says who it is; a message to it arrives only if that is so.
  const asked = new URLSearchParams(location.search);
  const host = asked.get("host") ?? "";
  const framed = parent !== window && /^https?:\/\/[^/?#]+$/.test(host);
  const OURS = "api-playground";
  const say = (message) => {
    if (framed) parent.postMessage({ from: OURS, ...message }, host);
  };
  // For the author, in the browser's console: readers see what works.
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
  const part = (name) => document.querySelector(`#result [data-part="${name}"]`);
  const isRefused = "refused" in root.dataset;
  // An embed that is turned off shows nothing before it knows what is asked: it may have no answer to that.
  const waits = "waits" in root.dataset;
  if (!isRefused) say({ type: waits ? "waits" : "here" }); // a browser's own error page says nothing

  addEventListener("message", ({ origin, source, data }) => {
    if (origin !== host || source !== parent || data?.from !== OURS) return;
    if (data.type === "theme" && ["light", "dark"].includes(data.theme)) root.dataset.theme = data.theme;
    if (data.type === "request") fill(String(data.request));
  });

  // What is too long for an address. The server holds it to the embed's record, as it does the address.
  async function fill(request) {
    const form = document.getElementById("request-form");
    const [embed, opened, dialect] = ["embed", "opened", "dialect"].map((name) =>
      form.elements.namedItem(name),
    );
    // Without a name, an embed's own API is meant; without an embed, the one that the form was opened with.
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
    // For its recorded answer, when the form says what was asked for.
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

  // Each answer brings the token of the next send; a stream does in its head, long before its end.
  document.addEventListener("htmx:config:request", (event) => {
    event.detail.ctx.fetch = async (...request) => {
      const answer = await fetch(...request);
      const token = answer.headers.get("X-Embed-Token");
      if (token) document.querySelector("[name=embed_token]").value = token;
      return answer;
    };
  });

  // Not at `load`: Chromium may hold that back in a frame that is not drawn, and this one is drawn when it is filled.
  document.addEventListener("DOMContentLoaded", () => {
    if (isRefused) {
      const [title, advice] = document.querySelectorAll(".refused :is(h1, h1 + p)");
      return refuse(title.textContent, advice.textContent);
    }
    overruled(root.dataset.embed, root.dataset.overruled);
    // Or it could not even be read: then the record's request stands in the form, and perhaps its answer.
    unsendable(root.dataset.problems);
    if (!waits) followHeight();

    // The link takes along what the form says now; its code has the address.
    part("codes").addEventListener("htmx:after:swap", () => {
      const link = part("permalink");
      if (link) document.querySelector("[data-open]").href = link.href;
    });
    say({ type: "ready" }); // the form's own script has run: it is deferred
  });
})();
