/** `markdown: { preprocessor: vueTags }` in `docusaurus.config.js`: accepts `:defaultRequest="{…}"` as in Vue. */
export declare function vueTags(file: { filePath: string; fileContent: string }): string;
