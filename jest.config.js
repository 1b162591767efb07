/** @type {import("jest").Config} */
export default {
  testEnvironment: "node",
  testMatch: ["**/*.spec.ts"],
  testPathIgnorePatterns: ["/node_modules/", "<rootDir>/frontend/"],
  modulePathIgnorePatterns: ["<rootDir>/frontend/.output", "<rootDir>/frontend/.nuxt"],
  extensionsToTreatAsEsm: [".ts"],
  transform: { "\\.ts$": "<rootDir>/tests/strip-types.js" },
  testTimeout: 30_000,
};
