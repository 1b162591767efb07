const here = "http://here.invalid";

/**
 * Where to go after signing in. Only a path of this site is taken; "//evil.example", "/\evil.example" and their kin
 * are read by a browser as another host, so the URL parser judges, not a pattern.
 */
export function returnPath(wanted: unknown, otherwise = "/"): string {
  if (typeof wanted !== "string" || !wanted.startsWith("/") || !URL.canParse(wanted, here)) return otherwise;
  const url = new URL(wanted, here);
  return url.origin === here ? url.pathname + url.search + url.hash : otherwise;
}
