// Docusaurus reads Markdown as MDX, where `:defaultRequest="{…}"` is a syntax error. As the site's preprocessor this
// writes it as MDX has it, so that pages written for Vue stay as they are.

// A fence, code within a line, or a tag: what stands in code is left alone.
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

// `default-request`, as Vue takes it too.
function camel(name) {
  return name.replace(/-(\w)/g, (_, letter) => letter.toUpperCase());
}

function decoded(value) {
  return value.replace(/&(#?\w+);/g, (entity, name) => ENTITIES[name] ?? entity);
}
