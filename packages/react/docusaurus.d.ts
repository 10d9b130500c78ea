/** `markdown: { preprocessor: vueTags }` in `docusaurus.config.js`: takes `:defaultRequest="{…}"` as Vue does. */
export declare function vueTags(file: { filePath: string; fileContent: string }): string;
