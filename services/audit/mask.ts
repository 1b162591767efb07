/** Names of fields whose text nobody reads, whatever it is. */
const SECRET = /^(secret|password|token|clientSecret|refreshToken|authorization)$/i;
const EMAIL = /([^\s@<>"'(),;:=])[^\s@<>"'(),;:=]*@([^\s@<>"'(),;:=]+\.[^\s@<>"'(),;:=]+)/g;
const PROVIDER_SECRET = /(_secret_|\b(?:sk|rk|whsec)_)\w+/g;

/** A copy for operators' eyes: e-mails are masked to "b***@example.com", secrets are cut out. Plain JSON in, plain JSON out. */
export function masked<T>(value: T): T {
  return mask(value) as T;
}

function mask(value: unknown): unknown {
  if (typeof value === "string") return value.replace(EMAIL, "$1***@$2").replace(PROVIDER_SECRET, "$1…");
  if (Array.isArray(value)) return value.map(mask);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => [name, SECRET.test(name) && field ? "…" : mask(field)]),
  );
}
