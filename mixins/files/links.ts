import { defineMixin, type Injected, type Mixin } from "../../core/contract.ts";
import { fail } from "../../core/errors.ts";
import type { Secrets } from "../../core/secrets.ts";

/** How long a signed link is good for, ms. */
export const LINK_LIFE = 300_000;

const PATH = /^\/files\/([0-9a-f]{64})\/([^/]+)$/;

/** A file as its link describes it: the bytes, and what to call them. */
export interface FileLink {
  blob: string;
  filename: string;
  /** The media type that the file is served with. */
  type: string;
}

export interface Links {
  /**
   * A link that gives the file to whoever holds it, for 300 s from `now`: a path on the gateway, or, where
   * S3_PUBLIC_URL is set, an address of the object store.
   */
  sign(file: FileLink, now: number): Promise<string>;
  /** What a signed path on the gateway stands for. Throws LINK_EXPIRED when it is too old, or altered in any way. */
  verify(url: string, now: number): FileLink;
}

/** For a service that hands out links and never touches the bytes: it needs no store to be there. */
export function FileLinks(): Mixin<{ links: Links }> {
  return defineMixin<{ links: Links }>({
    async started() {
      this.links = await linksOf(this);
    },
  });
}

export async function linksOf({ config, secrets }: Pick<Injected, "config" | "secrets">): Promise<Links> {
  const { S3_URL, S3_PUBLIC_URL } = config;
  const presign = S3_URL && S3_PUBLIC_URL && (await import("./presign.ts")).presigner(S3_URL, S3_PUBLIC_URL);
  return {
    sign: presign || (async (file, now) => signLink(secrets, file, now)),
    verify: (url, now) => verifyLink(secrets, url, now),
  };
}

// JSON keeps the fields apart: no two links share a text.
const signedText = ({ blob, filename, type }: FileLink, expires: number) =>
  JSON.stringify([blob, filename, type, expires]);

function signLink(secrets: Secrets, file: FileLink, now: number): string {
  const expires = now + LINK_LIFE;
  const signature = secrets.hmac("files", signedText(file, expires));
  const query = new URLSearchParams({ t: file.type, e: String(expires), s: signature });
  return `/files/${file.blob}/${encodeURIComponent(file.filename)}?${query}`;
}

function verifyLink(secrets: Secrets, url: string, now: number): FileLink {
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
