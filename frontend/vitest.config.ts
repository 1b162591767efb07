import { defineVitestConfig } from "@nuxt/test-utils/config";

/** Components, each in the real Nuxt app; what needs no component is tested by Jest at the root. */
export default defineVitestConfig({
  test: {
    environment: "nuxt",
    environmentOptions: { nuxt: { domEnvironment: "happy-dom" } },
    include: ["app/**/*.spec.ts"],
  },
});
