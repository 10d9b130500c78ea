// What a site has already; the part that the docs page adds to it lies beside.
import added from "./added.config.js";

export default {
  title: "A site",
  url: "http://localhost",
  baseUrl: "/",
  themes: ["@docusaurus/theme-classic"],
  plugins: ["@docusaurus/plugin-content-pages", ["@docusaurus/plugin-content-docs", { routeBasePath: "/" }]],
  themeConfig: { navbar: { title: "A site" } },
  ...added,
};
