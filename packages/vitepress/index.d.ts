import type { DefineComponent, Plugin } from "vue";

export interface ApiPlaygroundOptions {
  /** The URL of your playground, such as `https://playground.example.org/`. */
  src: string;
  /**
   * The name of the embed for your site. For several providers or APIs, one name for each:
   * `{ openai: "docs", "openai/responses": "docs-responses" }`.
   */
  embed?: string | Record<string, string>;
  /** `auto` (the default) follows the page’s light or dark mode. */
  theme?: "auto" | "light" | "dark";
}

export interface ApiPlaygroundProps extends Partial<Omit<ApiPlaygroundOptions, "embed">> {
  embed?: string;
  /** The ID of a provider, such as `openai`. */
  provider?: string;
  /** The API of the request: `chat_completions` (the default), `messages` or `responses`. */
  api?: string;
  /** The request body, as an object. */
  defaultRequest?: Record<string, unknown>;
  /** The title of the iframe, for screen readers. */
  label?: string;
}

/** `app.use(apiPlayground, { src: "https://playground.example.org/" })` */
export declare const apiPlayground: Plugin<[ApiPlaygroundOptions]>;

export declare const ApiPlayground: DefineComponent<ApiPlaygroundProps>;

declare module "vue" {
  interface GlobalComponents {
    ApiPlayground: typeof ApiPlayground;
  }
}
