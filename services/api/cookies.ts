import type { ServerResponse } from "node:http";

/** The cookies of a request, by name. */
export function cookiesOf(header: string | undefined): Map<string, string> {
  const cookies = new Map<string, string>();
  for (const pair of header?.split(";") ?? []) {
    const equals = pair.indexOf("=");
    if (equals > 0) cookies.set(pair.slice(0, equals).trim(), pair.slice(equals + 1).trim());
  }
  return cookies;
}

export interface CookieOptions {
  /** How long the browser keeps it, seconds; 0 takes it away. */
  seconds: number;
  /** Only ever sent over https. */
  secure: boolean;
}

/** Sets a cookie that no script reads and that other sites' forms do not carry; the last one of a name counts. */
export function setCookie(res: ServerResponse, name: string, value: string, { seconds, secure }: CookieOptions): void {
  if (res.headersSent) return;
  const others = [res.getHeader("set-cookie") ?? []].flat().map(String);
  const cookie = `${name}=${value}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Lax${secure ? "; Secure" : ""}`;
  res.setHeader("set-cookie", [...others.filter((other) => !other.startsWith(`${name}=`)), cookie]);
}
