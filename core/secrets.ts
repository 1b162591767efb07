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
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ConfigError, unusable, type Config } from "./config.ts";

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

/** How a secret that was made here is kept. */
const KEPT = /^[0-9a-f]{64}$/;

export function loadSecrets(config: Config): Secrets {
  const { JWT_SECRET, DATA_KEY } = rootKeys(config);
  return makeSecrets(JWT_SECRET, Buffer.from(DATA_KEY, DATA_KEY.length === 64 ? "hex" : "base64"));
}

/** Both keys as given, or made once and kept in DATA_DIR (mode 600) when they are unset. Throws a ConfigError when the folder does not let it. */
export const rootKeys = (config: Config): Record<"JWT_SECRET" | "DATA_KEY", string> => ({
  JWT_SECRET: config.JWT_SECRET ?? kept(config.DATA_DIR, "jwt-secret"),
  DATA_KEY: config.DATA_KEY ?? kept(config.DATA_DIR, "data-key"),
});

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
    const text = readOrMake(dir, file).trim();
    if (KEPT.test(text)) return text;
  } catch (error) {
    throw unusable(dir, error);
  }
  throw new ConfigError(`${file} should hold 64 hexadecimal digits: restore it from a backup`);
}

function readOrMake(dir: string, file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  mkdirSync(dir, { recursive: true });
  const made = `${randomBytes(32).toString("hex")}\n`;
  // Renamed when it is whole: a crash must not leave half a secret behind.
  writeFileSync(`${file}~`, made, { mode: 0o600, flush: true });
  renameSync(`${file}~`, file);
  return made;
}
