"use client";
// <ApiPlayground> for React and Docusaurus. It renders the element <api-playground> and loads the playground's
// script for it, once and only in the browser. Without JavaScript, readers see a link.
import { createElement, useEffect } from "react";

// Some servers cut off longer URLs.
const LONGEST_LINK = 7000;

/** Create the component for your playground: `const ApiPlayground = apiPlayground({ src, embed, theme })`. */
export function apiPlayground(options) {
  folder(options?.src);
  return function ApiPlaygroundOfSite(props) {
    return createElement(ApiPlayground, { ...options, ...props });
  };
}

export function ApiPlayground({
  src,
  embed,
  theme = "auto",
  provider,
  api,
  defaultRequest,
  request: text,
  label,
  lang,
  children,
}) {
  const base = folder(src);
  const request = defaultRequest ? JSON.stringify(defaultRequest) : text;
  useEffect(() => load(`${base}embed.js`), [base]);
  return createElement(
    "api-playground",
    { provider, api, request, embed: embedOf(embed, provider, api), theme, label, lang },
    createElement(
      "a",
      { slot: "fallback", href: linkTo(base, { provider, dialect: api, request }) },
      children ?? "Open in the API Playground",
    ),
  );
}

// An embed has one provider and one API, so a site with several has an embed for each:
// { openai: "docs", "openai/responses": "docs-responses" }.
function embedOf(embed, provider, api) {
  if (typeof embed !== "object") return embed;
  return embed?.[[provider, api].filter(Boolean).join("/")] ?? embed?.[provider];
}

function folder(src) {
  if (!src) throw new Error("ApiPlayground needs `src`, the URL of your playground.");
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
