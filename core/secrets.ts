import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hkdfSync,
  randomBytes,
  timingSafeEqual,
  type KeyObject,
} from "node:crypto";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "./config.ts";

/** What DATA_KEY and JWT_SECRET are used for; each use has a key of its own (HKDF). */
export interface Secrets {
  /** Signs access tokens; a key object, since a string is parsed as a public key first at every use. */
  jwt: KeyObject;
  /** AES-256-GCM under DATA_KEY, for licence keys at rest. */
  seal(text: string): string;
  open(sealed: string): string;
  /** A keyed hash, hexadecimal, for `purpose`: tokens, links, serials of keys. */
  hmac(purpose: string, text: string): string;
  /** Compares in constant time. */
  verify(purpose: string, text: string, mac: string): boolean;
}

/** Reads both keys, or makes them and keeps them in DATA_DIR (mode 600) when they are unset. */
export function loadSecrets(config: Config): Secrets {
  const jwt = config.JWT_SECRET ?? kept(config.DATA_DIR, "jwt-secret");
  const given = config.DATA_KEY ?? kept(config.DATA_DIR, "data-key");
  return makeSecrets(jwt, Buffer.from(given, given.length === 64 ? "hex" : "base64"));
}

export function makeSecrets(jwt: string, dataKey: Buffer): Secrets {
  const derived = new Map<string, Buffer>();
  const keyFor = (purpose: string) => {
    let key = derived.get(purpose);
    if (!key) derived.set(purpose, (key = Buffer.from(hkdfSync("sha256", dataKey, "holdfast", purpose, 32))));
    return key;
  };
  const hmac = (purpose: string, text: string) => createHmac("sha256", keyFor(purpose)).update(text).digest("hex");
  return {
    jwt: createSecretKey(Buffer.from(jwt)),
    hmac,
    verify(purpose, text, mac) {
      const expected = Buffer.from(hmac(purpose, text));
      const given = Buffer.from(mac);
      return expected.length === given.length && timingSafeEqual(expected, given);
    },
    seal(text) {
      const iv = randomBytes(12);
      const cipher = createCipheriv("aes-256-gcm", keyFor("seal"), iv);
      return Buffer.concat([iv, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]).toString("base64");
    },
    open(sealed) {
      const bytes = Buffer.from(sealed, "base64");
      const decipher = createDecipheriv("aes-256-gcm", keyFor("seal"), bytes.subarray(0, 12));
      decipher.setAuthTag(bytes.subarray(-16));
      return Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]).toString("utf8");
    },
  };
}

function kept(dir: string, name: string): string {
  const file = join(dir, name);
  try {
    return readFileSync(file, "utf8").trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  mkdirSync(dir, { recursive: true });
  const made = randomBytes(32).toString("hex");
  writeFileSync(file, made + "\n", { flag: "wx", mode: 0o600 });
  chmodSync(file, 0o600);
  return made;
}
