// <ApiPlayground> for VitePress and any other Vue 3 app. It renders the element <api-playground> and loads the
// playground's script for it, once and only in the browser. Without JavaScript, readers see a link.
import { defineComponent, h, inject, onMounted } from "vue";

const OPTIONS = Symbol("api-playground");
// Some servers cut off longer URLs.
const LONGEST_LINK = 7000;

export const apiPlayground = {
  /** `app.use(apiPlayground, { src, embed, theme })` */
  install(app, options = {}) {
    if (!options.src) throw new Error("apiPlayground needs `src`, the URL of your playground.");
    app.provide(OPTIONS, options);
    app.component("ApiPlayground", ApiPlayground);
  },
};

export const ApiPlayground = defineComponent({
  name: "ApiPlayground",
  props: {
    provider: String,
    api: String,
    defaultRequest: Object,
    src: String,
    embed: String,
    theme: String,
    label: String,
  },
  setup(props, { slots }) {
    const options = inject(OPTIONS, {});
    const base = () => folder(props.src ?? options.src);
    onMounted(() => load(`${base()}embed.js`));
    return () => {
      const { provider, api, defaultRequest, label } = props;
      const request = defaultRequest && JSON.stringify(defaultRequest);
      const attributes = {
        provider,
        api,
        request,
        label,
        embed: props.embed ?? embedOf(options.embed, provider, api),
        theme: props.theme ?? options.theme ?? "auto",
      };
      const link = { slot: "fallback", href: linkTo(base(), { provider, dialect: api, request }) };
      return h("api-playground", attributes, [
        h("a", link, slots.default?.() ?? "Open in the API Playground"),
      ]);
    };
  },
});

// An embed has one provider and one API, so a site with several has an embed for each:
// { openai: "docs", "openai/responses": "docs-responses" }.
function embedOf(embed, provider, api) {
  if (typeof embed !== "object") return embed;
  return embed?.[[provider, api].filter(Boolean).join("/")] ?? embed?.[provider];
}

function folder(src) {
  if (!src)
    throw new Error(
      "<ApiPlayground> needs `src`, the URL of your playground: app.use(apiPlayground, { src }).",
    );
  return src.endsWith("/") ? src : `${src}/`;
}

function linkTo(base, values) {
  const query = new URLSearchParams(Object.entries(values).filter(([, value]) => value)).toString();
  return query && query.length <= LONGEST_LINK ? `${base}?${query}` : base;
}

function load(src) {
  if (customElements.get("api-playground") || document.querySelector(`script[src="${CSS.escape(src)}"]`))
    return;
  const script = document.createElement("script");
  script.src = src;
  script.onerror = () => script.remove(); // the next page tries again
  document.head.append(script);
}
