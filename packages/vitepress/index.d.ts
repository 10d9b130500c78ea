import type { DefineComponent, Plugin } from "vue";

export interface ApiPlaygroundOptions {
  /** The address of your playground, such as `https://playground.example.org/`. */
  src: string;
  /**
   * The name of the embed that the playground's operator made for your site, or that for each provider and API:
   * `{ openai: "docs", "openai/responses": "docs-responses" }`.
   */
  embed?: string | Record<string, string>;
  /** `auto` (the default) follows the page. */
  theme?: "auto" | "light" | "dark";
}

export interface ApiPlaygroundProps extends Partial<Omit<ApiPlaygroundOptions, "embed">> {
  embed?: string;
  /** An id of the playground's catalogue, such as `openai`. */
  provider?: string;
  /** The API of the request: `chat_completions` (the default), `messages` or `responses`. */
  api?: string;
  /** The body of a request of this API. */
  defaultRequest?: Record<string, unknown>;
  /** The frame's title, which screen readers read out. */
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
