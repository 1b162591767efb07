/** A request as the gateway passes it on. Header names are in lower case. */
export interface WireRequest {
  method: string;
  /** Path with query, from `/v1`. */
  path: string;
  headers: Record<string, string>;
  body: string;
}

export interface WireReply {
  status: number;
  headers: Record<string, string>;
  body: string;
}

export const json = (status: number, body: string, headers: Record<string, string> = {}): WireReply => ({
  status,
  headers: { "content-type": "application/json", "cache-control": "no-cache, no-store", ...headers },
  body,
});

export const html = (status: number, body: string): WireReply => ({
  status,
  headers: {
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'",
    // The page's address is the key to its payment. The page's own form has to be known as such, so it is told to itself.
    "referrer-policy": "same-origin",
  },
  body,
});

export const seeOther = (location: string): WireReply => ({
  status: 303,
  headers: { location, "cache-control": "no-store" },
  body: "",
});
