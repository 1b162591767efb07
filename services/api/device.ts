/** What a User-Agent calls itself, the more particular before what it also claims to be. */
const BROWSERS: [RegExp, string][] = [
  [/\bEdgA?\w*\//, "Edge"],
  [/\b(OPR|Opera)\//, "Opera"],
  [/\bSamsungBrowser\//, "Samsung Internet"],
  [/\b(Firefox|FxiOS)\//, "Firefox"],
  [/\b(Chrome|CriOS|Chromium)\//, "Chrome"],
  [/\bVersion\/.*\bSafari\//, "Safari"],
  [/^curl\//, "curl"],
];
const SYSTEMS: [RegExp, string][] = [
  [/\biPhone\b/, "iPhone"],
  [/\biPad\b/, "iPad"],
  [/\bAndroid\b/, "Android"],
  [/\bWindows\b/, "Windows"],
  [/\bMac OS X\b/, "macOS"],
  [/\bCrOS\b/, "ChromeOS"],
  [/\bLinux\b/, "Linux"],
];
/** Longer ones are no browser's. */
const MAX_LENGTH = 512;

/** A browser in short words, "Firefox on Linux"; undefined for what says nothing that people would know. */
export function deviceOf(userAgent = ""): string | undefined {
  const said = (table: [RegExp, string][]) => table.find(([sign]) => sign.test(userAgent.slice(0, MAX_LENGTH)))?.[1];
  const [browser, system] = [said(BROWSERS), said(SYSTEMS)];
  return browser && system ? `${browser} on ${system}` : (browser ?? system);
}
