import { defineConfig, type Plugin } from "vite";

const SERVICE = process.env["POLYLOG_URL"] ?? "http://127.0.0.1:8080";

/** The development server also has the page at `/`, and its addresses start there. */
const atRoot: Plugin = {
  name: "page-at-root",
  configureServer(server) {
    server.middlewares.use((request, _, next) => {
      request.url = request.url?.replace(/^\/(?=\?|$)/, "/console/");
      next();
    });
  },
};

export default defineConfig({
  base: "/console/",
  plugins: [atRoot],
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: { assetsInlineLimit: 0, modulePreload: { polyfill: false }, target: "es2022" },
  server: { host: "127.0.0.1", fs: { allow: [".."] }, proxy: { "/v1": SERVICE } },
});
