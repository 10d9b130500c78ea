import type { ReactElement, ReactNode } from "react";

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

export interface ApiPlaygroundCall {
  /** The ID of a provider, such as `openai`. */
  provider?: string;
  /** The API of the request: `chat_completions` (the default), `messages` or `responses`. */
  api?: string;
  /** The request body, as an object. */
  defaultRequest?: Record<string, unknown>;
  /** The request body, as JSON text. */
  request?: string;
  /** The title of the iframe, for screen readers. */
  label?: string;
  /** The language of the playground. The default is that of the page. */
  lang?: string;
  /** The text of the link that readers see if there is no JavaScript, or no playground can be shown. */
  children?: ReactNode;
}

export declare function ApiPlayground(props: ApiPlaygroundOptions & ApiPlaygroundCall): ReactElement;

/** Create the component for your playground. */
export declare function apiPlayground(
  options: ApiPlaygroundOptions,
): (props: Partial<ApiPlaygroundOptions> & ApiPlaygroundCall) => ReactElement;
