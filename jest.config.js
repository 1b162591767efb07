/** @type {import("jest").Config} */
export default {
  testEnvironment: "node",
  testMatch: ["**/*.spec.ts"],
  testPathIgnorePatterns: ["/node_modules/", "<rootDir>/frontend/"],
  modulePathIgnorePatterns: ["<rootDir>/frontend/.output", "<rootDir>/frontend/.nuxt"],
  extensionsToTreatAsEsm: [".ts"],
  transform: { "\\.ts$": "<rootDir>/tests/strip-types.js" },
  globalSetup: "<rootDir>/tests/global-setup.js",
  globalTeardown: "<rootDir>/tests/global-teardown.js",
  testTimeout: 30_000,
};
