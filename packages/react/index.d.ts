import type { ReactElement, ReactNode } from "react";

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

export interface ApiPlaygroundCall {
  /** An id of the playground's catalogue, such as `openai`. */
  provider?: string;
  /** The API of the request: `chat_completions` (the default), `messages` or `responses`. */
  api?: string;
  /** The body of a request of this API. */
  defaultRequest?: Record<string, unknown>;
  /** The same as JSON text, where no object can be written. */
  request?: string;
  /** The frame's title, which screen readers read out. */
  label?: string;
  /** The frame's language, else that of the page. */
  lang?: string;
  /** The words of the link that readers see without scripts, or where no playground can be shown. */
  children?: ReactNode;
}

export declare function ApiPlayground(props: ApiPlaygroundOptions & ApiPlaygroundCall): ReactElement;

/** A component that knows your playground. */
export declare function apiPlayground(
  options: ApiPlaygroundOptions,
): (props: Partial<ApiPlaygroundOptions> & ApiPlaygroundCall) => ReactElement;
