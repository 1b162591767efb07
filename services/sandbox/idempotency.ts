import { hash } from "node:crypto";
import { ApiError, invalid } from "./errors.ts";
import type { KeptReply } from "./records.ts";
import { json, type WireReply, type WireRequest } from "./wire.ts";

/** What makes two requests the same. */
export type Fingerprint = Pick<KeptReply, "key" | "endpoint" | "fingerprint">;

/**
 * Undefined without an Idempotency-Key; only POST takes one. The API key is part of it, so that a reply given to
 * the secret key is never repeated to a browser.
 */
export function fingerprintOf({ method, path, headers, body }: WireRequest): Fingerprint | undefined {
  const key = headers["idempotency-key"];
  if (!key || method !== "POST") return undefined;
  if (key.length > 255) throw invalid("An Idempotency-Key may have up to 255 characters");
  return { key, endpoint: path, fingerprint: hash("sha256", `${headers["authorization"] ?? ""}\n${body}`) };
}

/** The first reply once more, if this is the same request; an idempotency_error if it is another. */
export function replay(first: KeptReply, again: Fingerprint): WireReply {
  const hint = `Try using a key other than '${again.key}' if you meant to execute a different request.`;
  const mismatch = (message: string) => new ApiError(400, { type: "idempotency_error", message: `${message} ${hint}` });
  if (first.endpoint !== again.endpoint) {
    throw mismatch(
      `Keys for idempotent requests can only be used for the same endpoint they were first used for ('${again.endpoint}' vs '${first.endpoint}').`,
    );
  }
  if (first.fingerprint !== again.fingerprint) {
    throw mismatch("Keys for idempotent requests can only be used with the same parameters they were first used with.");
  }
  return json(first.status, first.body, { "idempotent-replayed": "true", "original-request": first.request });
}

export const inUse = (key: string) =>
  new ApiError(
    409,
    {
      type: "invalid_request_error",
      code: "idempotency_key_in_use",
      message: `There is currently another in-progress request using this Idempotent Key (that probably means you submitted twice, and the other request is still going through): ${key}. Please try again later.`,
    },
    { headers: { "stripe-should-retry": "true" } },
  );
