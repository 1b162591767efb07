import tailwindcss from "@tailwindcss/vite";
import Icons from "unplugin-icons/vite";
import { modernCss } from "./modern-css.ts";

/**
 * Runs before the first paint, so that no page flashes in the wrong theme. It is the same text on every page,
 * because the gateway allows inline scripts by their hash alone.
 */
const themeScript = `try{document.documentElement.dataset.theme=localStorage.theme||(matchMedia("(prefers-color-scheme:dark)").matches?"dark":"light")}catch{}`;

/** Where the gateway is while developing, when pages and gateway are two processes. */
const gateway = process.env.NUXT_API_ORIGIN ?? "http://127.0.0.1:3000";

export default defineNuxtConfig({
  compatibilityDate: "2026-11-01",
  buildDir: ".nuxt",
  telemetry: false,
  devtools: { enabled: false },
  css: ["~/assets/css/main.css"],
  components: [{ path: "~/components", pathPrefix: true }],
  spaLoadingTemplate: true,
  routeRules: { "/sell/**": { ssr: false }, "/admin/**": { ssr: false } },
  features: { inlineStyles: false },
  experimental: {
    appManifest: false,
    checkOutdatedBuildInterval: false,
    componentIslands: false,
    entryImportMap: false,
    payloadExtraction: false,
    viewTransition: true,
    // A phone on a slow line should not fetch pages that nobody asked for.
    defaults: {
      nuxtLink: { prefetchOn: { visibility: false, interaction: true }, activeClass: "", exactActiveClass: "" },
    },
  },
  typescript: { strict: true, tsConfig: { compilerOptions: { types: ["unplugin-icons/types/vue"] } } },
  vite: {
    define: { __VUE_OPTIONS_API__: "false" },
    // Minified once, by Vite, for browsers of today: Tailwind's own pass writes fallbacks for those before `light-dark()`.
    plugins: [
      tailwindcss({ optimize: false }),
      Icons({ compiler: "vue3", scale: 1.2, defaultClass: "icon" }),
      modernCss(),
    ],
    $client: {
      build: {
        cssTarget: ["chrome123", "firefox121", "safari17.5"],
        modulePreload: { polyfill: false },
        rolldownOptions: {
          output: {
            // A few chunks that compress well, in place of two dozen that share no dictionary.
            codeSplitting: {
              groups: [
                { name: "vendor", test: /node_modules[\\/](?!@stripe)/, priority: 2 },
                { name: "shared", minShareCount: 6, priority: 1 },
              ],
            },
          },
        },
      },
    },
  },
  hooks: {
    // The pages call the API with plain `fetch` (plugins/api.ts); a global `$fetch` would be 3 KB that nobody uses.
    "app:templates": (app) => {
      const unused = app.templates.find((template) => template.filename === "fetch.mjs");
      if (unused) unused.getContents = () => "export const $fetch = globalThis.$fetch;";
    },
    // Layouts and middleware of other pages are fetched when somebody goes there.
    "build:manifest": (manifest) => {
      for (const resource of Object.values(manifest)) resource.prefetch = false;
    },
  },
  nitro: {
    preset: "node-listener",
    serveStatic: true,
    compressPublicAssets: { gzip: true, brotli: true },
    // `nuxt dev` serves the pages alone; the API, and the sandbox that stands in for Stripe, are the gateway's.
    devProxy: Object.fromEntries(
      ["/api", "/v1", "/files", "/covers"].map((path) => [path, { target: gateway + path }]),
    ),
  },
  app: {
    head: {
      htmlAttrs: { lang: "en" },
      titleTemplate: "%s · Holdfast",
      meta: [
        { name: "theme-color", content: "#fbfaf5", media: "(prefers-color-scheme: light)" },
        { name: "theme-color", content: "#0c1716", media: "(prefers-color-scheme: dark)" },
      ],
      link: [{ rel: "icon", type: "image/svg+xml", href: "/favicon.svg" }],
      script: [{ innerHTML: themeScript, tagPosition: "head", tagPriority: "critical" }],
    },
  },
});
