// Docusaurus reads Markdown as MDX, where `:defaultRequest="{…}"` is a syntax error. This preprocessor turns it into
// MDX, so that pages written for VitePress work without changes.

// A fence, inline code, or a tag. Code is left alone.
const PARTS = new RegExp(
  [
    /^([ \t>]*(`{3,}|~{3,}))[^\n]*\n[\s\S]*?(?:^[ \t>]*\2[`~]*[ \t]*$|(?![\s\S]))/,
    /(?<![`\\])(`+)(?!`)(?:(?!\n[ \t]*\n)[\s\S])*?[^`]\3(?!`)/,
    /<\/?(?:ApiPlayground|api-playground)(?=[\s/>])(?:[^"'>]|"[^"]*"|'[^']*')*>/,
  ]
    .map(({ source }) => source)
    .join("|"),
  "gm",
);
const BOUND = /(\s)(?::|v-bind:)([\w-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;
const ENTITIES = { quot: '"', apos: "'", "#34": '"', "#39": "'", lt: "<", gt: ">", amp: "&" };

/** `markdown: { preprocessor: vueTags }` in `docusaurus.config.js`. */
export function vueTags({ fileContent }) {
  return fileContent.replace(PARTS, (part) => (part.startsWith("<") ? tag(part) : part));
}

function tag(text) {
  return text
    .replace(/^(<\/?)api-playground/, "$1ApiPlayground")
    .replace(
      BOUND,
      (_, space, name, double, single) => `${space}${camel(name)}={${decoded(double ?? single)}}`,
    );
}

// `default-request`, which Vue accepts too.
function camel(name) {
  return name.replace(/-(\w)/g, (_, letter) => letter.toUpperCase());
}

function decoded(value) {
  return value.replace(/&(#?\w+);/g, (entity, name) => ENTITIES[name] ?? entity);
}
