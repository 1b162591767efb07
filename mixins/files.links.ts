import { fail } from "../core/errors.ts";
import type { Secrets } from "../core/secrets.ts";

/** How long a signed link is good for, ms. */
const LINK_LIFE = 300_000;

const PATH = /^\/files\/([0-9a-f]{64})\/([^/]+)$/;

/** A file as its link describes it: the bytes, and what to call them. */
export interface FileLink {
  blob: string;
  filename: string;
  /** The media type that the file is served with. */
  type: string;
}

// JSON keeps the fields apart: no two links share a text.
const signedText = ({ blob, filename, type }: FileLink, expires: number) =>
  JSON.stringify([blob, filename, type, expires]);

export function signLink(secrets: Secrets, file: FileLink, now: number): string {
  const expires = now + LINK_LIFE;
  const signature = secrets.hmac("files", signedText(file, expires));
  const query = new URLSearchParams({ t: file.type, e: String(expires), s: signature });
  return `/files/${file.blob}/${encodeURIComponent(file.filename)}?${query}`;
}

export function verifyLink(secrets: Secrets, url: string, now: number): FileLink {
  const parsed = URL.parse(url, "http://gateway");
  const [, blob, name] = PATH.exec(parsed?.pathname ?? "") ?? [];
  const filename = name && decoded(name);
  const query = (field: string) => parsed?.searchParams.get(field) ?? "";
  const expires = Number(query("e"));
  if (!blob || !filename || !(now < expires)) throw fail("LINK_EXPIRED");
  const file = { blob, filename, type: query("t") };
  if (!secrets.verify("files", signedText(file, expires), query("s"))) throw fail("LINK_EXPIRED");
  return file;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
