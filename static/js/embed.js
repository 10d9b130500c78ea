// A playground in any page:
//
//   <script src="https://playground.example.org/embed.js" defer></script>
//   <api-playground provider="openai" embed="docs">
//     <script type="application/json">{"model": "gpt-6-luna", "messages": […]}</script>
//     <a href="https://playground.example.org/">Try it in the playground</a>
//   </api-playground>
//
// The request can also be in a `request` attribute. `api` is the API it is written for, by default Chat Completions.
// `theme` is auto (like the page around), light or dark.
// If no playground can be shown, a small card with the link appears instead.
(() => {
  const OURS = "api-playground";
  const script = document.currentScript ?? document.querySelector("script[src*='/embed.js']"); // null in a module
  if (!script || customElements.get(OURS)) return;

  const { origin, pathname } = new URL(".", script.src);
  // What proxies accept as a request line, minus the rest of it.
  const LONGEST_QUERY = 7000;
  const FIRST_HEIGHT = 420;
  const HEIGHTS = [40, 20_000];
  // Our page reports in its first line; a browser's error page never does. Milliseconds until the card appears: after
  // something has loaded, and while nothing loads although the frame is in view. A later report replaces the card.
  const PATIENCE = 1500;
  const SILENCE = 10_000;
  // Children that belong to the element: the request, and the fallback.
  const ITS_OWN = "a, noscript, [slot=fallback], script[type='application/json']";

  // The page around has no translations of these. `notJSON` is for the page's author.
  const WORDS = {
    en: { notJSON: "the request isn’t valid JSON.", silent: "This playground can’t be shown right now." },
    zh: { notJSON: "请求不是有效的 JSON。", silent: "暂时无法显示这个 Playground。" },
  };

  // By CSSOM, because the page around can forbid style elements and attributes, and can restyle the host.
  const look = new CSSStyleSheet();
  look.replaceSync(
    ":host{display:block}:host([hidden]),i,iframe[hidden],::slotted(.plain){display:none}" +
      "iframe{display:block;width:100%;border:0;color-scheme:normal}iframe:not([data-here]){visibility:hidden}" +
      "div{padding:.6em .9em;border:1px solid color-mix(in srgb,currentColor 25%,transparent);border-radius:8px}p{margin:0}",
  );

  class ApiPlayground extends HTMLElement {
    static observedAttributes = ["provider", "api", "request", "embed", "theme", "lang", "label"];
    #root = null;
    #frame = null;
    #probe = document.createElement("i");
    #connection = null;
    #height = FIRST_HEIGHT;
    #late = ""; // a request that is too long for the URL
    #isAlive = false;
    #isReady = false;
    #toldTheme = "";
    #isStale = false;

    connectedCallback() {
      this.#connection?.abort();
      this.#connection = new AbortController();
      const { signal } = this.#connection;
      const start = () => signal.aborted || this.#start(signal);
      // The element's children are known only after the whole page is parsed.
      if (document.readyState === "loading")
        document.addEventListener("DOMContentLoaded", start, { once: true, signal });
      else start();
    }

    disconnectedCallback() {
      this.#connection.abort();
      this.#frame = null;
      this.#root?.replaceChildren();
    }

    // Frameworks set several in a row.
    attributeChangedCallback(name, before, after) {
      if (before === after || !this.#connection || this.#connection.signal.aborted) return;
      if (name === "theme") this.#tellTheme();
      else if (!this.#isStale) {
        this.#isStale = true;
        queueMicrotask(() => {
          this.#isStale = false;
          if (this.#root?.firstChild) this.#load(); // otherwise it has not started or was removed
        });
      }
    }

    #start(signal) {
      this.#giveBack();
      // Not earlier: it hides the children.
      this.#root ??= this.attachShadow({ mode: "open" });
      this.#root.adoptedStyleSheets = [look];
      this.#load();
      addEventListener("message", this.#hear, { signal });
      this.#watchTheme(signal);
    }

    // HTML ignores the slash in `<api-playground … />`, so what follows became its content: move that out.
    #giveBack() {
      const nodes = [...this.childNodes];
      const isStrange = (node) =>
        node.nodeType === Node.ELEMENT_NODE
          ? !node.matches(ITS_OWN)
          : node.nodeType === Node.TEXT_NODE && node.data.trim();
      if (!nodes.some(isStrange)) return;
      // A link among that is not the fallback but part of the page.
      const first = nodes.findIndex((node) => isStrange(node) || (node.localName === "a" && !node.slot));
      this.after(...nodes.slice(first));
    }

    #load() {
      this.#isAlive = this.#isReady = false;
      this.#root.replaceChildren(this.#probe);
      let request;
      try {
        request = this.#request();
      } catch (error) {
        this.#frame = null;
        const name = "API Playground:";
        console.warn([name, WORDS.en.notJSON, error.message].join(" ")); // for the author
        this.#showCard([name, this.#words.notJSON].join(" "));
        return;
      }
      const lang = this.closest("[lang]")?.lang;
      const options = {
        provider: this.getAttribute("provider"),
        dialect: this.getAttribute("api"),
        embed: this.getAttribute("embed"),
        request,
        lang,
      };
      const query = new URLSearchParams({ theme: this.#theme(), host: location.origin });
      for (const [name, value] of Object.entries(options)) if (value) query.set(name, value);
      this.#late = "";
      if (`${query}`.length > LONGEST_QUERY) {
        this.#late = request;
        query.delete("request");
        query.set("late", "");
      }
      // Always a new one: a new URL in an old frame would add to the reader's history.
      const frame = document.createElement("iframe");
      this.#frame = frame;
      frame.title = this.getAttribute("label") ?? this.#title();
      frame.loading = "lazy";
      frame.allow = "clipboard-write";
      frame.referrerPolicy = "strict-origin";
      frame.style.height = `${this.#height}px`;
      frame.addEventListener("load", () => this.#giveUpAfter(PATIENCE, frame));
      const seen = new IntersectionObserver((entries) => {
        if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
        seen.disconnect();
        this.#giveUpAfter(SILENCE, frame);
      });
      seen.observe(frame);
      frame.src = `${origin}${pathname}embed/?${query}`;
      this.#root.append(frame);
    }

    get #words() {
      return WORDS[this.closest("[lang]")?.lang.slice(0, 2).toLowerCase()] ?? WORDS.en;
    }

    #giveUpAfter(patience, frame, isFine = () => this.#isAlive) {
      setTimeout(() => this.#frame === frame && !frame.hidden && !isFine() && this.#giveUp(), patience);
    }

    #giveUp() {
      const embed = this.getAttribute("embed");
      console.warn(
        `API Playground: no response from ${origin} for ${embed ? `the embed "${embed}"` : "a playground"} on ${location.origin}. ` +
          "The server is down, or this page’s Content Security Policy or the embed’s settings block it.",
      );
      this.#showCard(this.#words.silent);
    }

    // A short text for readers, and the author's fallback.
    #showCard(text) {
      this.#root.querySelector("div")?.remove();
      if (this.#frame) this.#frame.hidden = true;
      const [card, words, link, fallback] = ["div", "p", "slot", "slot"].map((name) =>
        document.createElement(name),
      );
      words.textContent = text;
      fallback.name = "fallback";
      card.append(words, link, fallback);
      this.#root.append(card);
    }

    #showFrame() {
      this.#root.querySelector("div")?.remove();
      this.#frame.hidden = false;
      this.#frame.dataset.here = "";
    }

    // Without whitespace between its parts, and with numbers as written. "" if there is none.
    #request() {
      const child = this.querySelector(":scope > script[type='application/json']");
      const text = this.getAttribute("request") ?? child?.textContent ?? "";
      if (!text.trim()) return "";
      JSON.parse(text);
      return text.replace(/("(?:[^"\\]|\\.)*")|\s+/g, "$1");
    }

    // Each frame of a page needs its own title.
    #title() {
      const number = [...document.querySelectorAll(OURS)].indexOf(this) + 1;
      return ["API Playground", number, this.getAttribute("provider")].filter(Boolean).join(" ");
    }

    #hear = ({ origin: from, source, data }) => {
      if (!this.#frame || from !== origin || source !== this.#frame.contentWindow || data?.from !== OURS)
        return;
      if (data.type === "refused") {
        this.#frame.remove();
        this.#frame = null;
        this.#showCard(String(data.title).slice(0, 300));
        return;
      }
      this.#isAlive = true;
      if (data.type === "waits") this.#giveUpAfter(SILENCE, this.#frame, () => "here" in this.#frame.dataset);
      else if (data.type !== "ready") this.#showFrame(); // it can still be waiting for its request
      if (data.type === "height" && Number.isFinite(data.height) && data.height > 0) {
        const [least, most] = HEIGHTS;
        this.#height = Math.min(Math.max(Math.ceil(data.height), least), most);
        this.#frame.style.height = `${this.#height}px`;
      }
      if (data.type === "ready") {
        this.#isReady = true;
        if (this.#late) this.#say({ type: "request", request: this.#late });
        this.#tellTheme(true);
      }
    };

    #say(message) {
      this.#frame?.contentWindow.postMessage({ from: OURS, ...message }, origin);
    }

    #tellTheme(again) {
      const theme = this.#theme();
      if (!this.#isReady || (!again && theme === this.#toldTheme)) return;
      this.#toldTheme = theme;
      this.#say({ type: "theme", theme });
    }

    #theme() {
      const wanted = this.getAttribute("theme");
      if (wanted === "light" || wanted === "dark") return wanted;
      return this.#isDarkAround() ? "dark" : "light";
    }

    // By the visible background, because pages name their themes differently.
    #isDarkAround() {
      for (let at = this; at; at = at.parentElement ?? at.getRootNode().host) {
        const { color, alpha } = this.#measured(getComputedStyle(at).backgroundColor);
        if (alpha > 0.5) return isDark(color);
      }
      return isDark(this.#measured("Canvas").color);
    }

    // Converts a color in any notation to sRGB, in this page's color scheme.
    #measured(color) {
      this.#probe.style.colorScheme = getComputedStyle(document.documentElement).colorScheme;
      this.#probe.style.color = `color-mix(in srgb, ${color}, ${color})`;
      const [red, green, blue, alpha = 1] = getComputedStyle(this.#probe)
        .color.match(/-?[\d.]+(e-?\d+)?/g)
        .map(Number);
      return { color: [red, green, blue], alpha };
    }

    #watchTheme(signal) {
      const tell = () => this.#tellTheme();
      const observer = new MutationObserver(tell);
      for (let at = this.parentElement; at; at = at.parentElement) observer.observe(at, { attributes: true });
      signal.addEventListener("abort", () => observer.disconnect());
      matchMedia("(prefers-color-scheme: dark)").addEventListener("change", tell, { signal });
      // A fading background has its final color at the end; a style sheet can load late.
      addEventListener("transitionend", ({ propertyName }) => propertyName === "background-color" && tell(), {
        signal,
      });
      addEventListener("load", tell, { signal });
    }
  }

  const isDark = ([red, green, blue]) => 0.299 * red + 0.587 * green + 0.114 * blue < 0.5;

  customElements.define(OURS, ApiPlayground);
})();
