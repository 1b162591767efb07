import { timingSafeEqual } from "node:crypto";
import { unauthorized } from "./errors.ts";
import type { Form } from "./form.ts";
import type { SandboxKeys } from "./keys.ts";

/** Compares in a time that does not depend on what is compared. */
export function same(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

/**
 * Whether the caller holds the secret key (true) or only the publishable one (false); 401 for any other.
 * The key is a bearer token, the user of basic authentication (as with `curl -u`), or the parameter `key`.
 */
export function holdsSecret(header: string | undefined, form: Form, keys: SandboxKeys): boolean {
  const key = fromHeader(header) ?? (typeof form["key"] === "string" ? form["key"] : undefined);
  if (key !== undefined && same(key, keys.secretKey)) return true;
  if (key !== undefined && same(key, keys.publishableKey)) return false;
  throw unauthorized(key);
}

function fromHeader(header = ""): string | undefined {
  const [, scheme, value = ""] = /^(bearer|basic) +(\S+)$/i.exec(header) ?? [];
  if (scheme === undefined) return undefined;
  return scheme.toLowerCase() === "bearer" ? value : Buffer.from(value, "base64").toString().split(":")[0];
}
