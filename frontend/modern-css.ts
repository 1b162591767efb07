import type { Plugin } from "vite";

/** The values that `@property` gives, once more for browsers without it. */
const PROPERTY_FALLBACK = /@layer properties\s*\{@supports[^{]*\{[^{}]*\{[^{}]*\}\s*\}\s*\}/g;
/** A plain colour, and the mixed one for browsers that can mix. */
const MIX_FALLBACK = /(?<=[;{])[\w-]+:[^;{}]+;@supports \(color:\s*color-mix\(in lab,\s*red,\s*red\)\)\s*\{([^{}]*)\}/g;

/** Takes what Tailwind writes for browsers older than `light-dark()` out again: they cannot show our colours anyway. */
export const modernCss = (): Plugin => ({
  name: "modern-css",
  generateBundle(_, bundle) {
    for (const file of Object.values(bundle)) {
      if (file.type !== "asset" || !file.fileName.endsWith(".css")) continue;
      file.source = String(file.source).replace(PROPERTY_FALLBACK, "").replace(MIX_FALLBACK, "$1");
    }
  },
});
