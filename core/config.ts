import { s3Address } from "./s3.ts";

/** Configuration comes from the environment alone. Each entry: how to read the value, and the default when unset. */
interface Entry<T> {
  read: (raw: string) => T | undefined;
  fallback: T;
  wants: string;
}

const entry = <T>(wants: string, fallback: T, read: Entry<T>["read"]): Entry<T> => ({ read, fallback, wants });
const integer = (min: number, max: number, fallback: number) =>
  entry<number>(`a whole number from ${min} to ${max}`, fallback, (raw) => {
    const value = /^\d+$/.test(raw) ? Number(raw) : NaN;
    return value >= min && value <= max ? value : undefined;
  });
/** Also with several hosts, as replica sets and clusters have them: the first one stands for all. */
const url = (...protocols: string[]) =>
  entry<string | undefined>(`a URL (${protocols.join(", ")})`, undefined, (raw) => {
    const { protocol } = URL.parse(raw.replace(/,[^/?]*/, "")) ?? {};
    return protocol && protocols.includes(protocol.slice(0, -1)) ? raw.replace(/\/$/, "") : undefined;
  });
/** An address by itself: what is signed for it must arrive as it is. */
const origin = entry<string | undefined>("an origin without a path (http, https)", undefined, (raw) => {
  const url = URL.parse(raw);
  return url && /^https?:$/.test(url.protocol) && url.href === `${url.origin}/` ? url.origin : undefined;
});
const text = (wants: string, pattern: RegExp, fallback?: string) =>
  entry<string | undefined>(wants, fallback, (raw) => (pattern.test(raw) ? raw : undefined));
const onOff = (fallback: boolean | undefined) =>
  entry<boolean | undefined>("on or off", fallback, (raw) => ({ on: true, off: false })[raw]);

const entries = {
  PORT: integer(0, 65535, 3000),
  DATA_DIR: text("a folder", /./, "./data"),
  HOLD_SECONDS: integer(1, 86_400, 900),
  NATS_URL: url("nats", "tls"),
  MONGO_URL: url("mongodb", "mongodb+srv"),
  REDIS_URL: url("redis", "rediss"),
  S3_URL: entry<string | undefined>("http(s)://KEY:SECRET@host[:port]/bucket[?region=…]", undefined, (raw) =>
    s3Address(raw) ? raw : undefined,
  ),
  /** Where browsers reach the store themselves. */
  S3_PUBLIC_URL: origin,
  STRIPE_SECRET_KEY: text("a Stripe secret key (sk_… or rk_…)", /^(sk|rk)_\w+$/),
  STRIPE_PUBLISHABLE_KEY: text("a Stripe publishable key (pk_…)", /^pk_\w+$/),
  STRIPE_WEBHOOK_SECRET: text("a Stripe webhook secret (whsec_…)", /^whsec_\w+$/),
  /** Where the `stripe` package sends its requests when that is not Stripe: a sandbox in another process, or stripe-mock. */
  STRIPE_API: url("http", "https"),
  JWT_SECRET: text("at least 32 characters", /^.{32,}$/),
  DATA_KEY: text("32 bytes as 64 hexadecimal digits or base64", /^([0-9a-fA-F]{64}|[A-Za-z0-9+/]{43}=)$/),
  PUBLIC_URL: url("http", "https"),
  API_URL: url("http", "https"),
  TRUST_PROXY: integer(0, 16, 0),
  ADMIN_EMAIL: text("an e-mail address", /^[^\s@]+@[^\s@]+$/),
  UPLOAD_MAX_MB: integer(1, 102_400, 1024),
  FEE_PERCENT: integer(0, 100, 5),
  SMTP_URL: url("smtp", "smtps"),
  MAIL_FROM: text(
    "an e-mail address, or a name with one in <>",
    /^([^<>"\p{Cc}]*<[^\s@<>"]+@[^\s@<>"]+>|[^\s@<>"]+@[^\s@<>"]+)$/u,
  ),
  OPERATOR: text("a name, also with an address, on one line", /^[^\p{Cc}]{1,300}$/u),
  RATE_LIMIT: onOff(true),
  DEMO_SHOP: onOff(undefined),
  NAMESPACE: text("letters, digits and dashes", /^[\w-]*$/, ""),
  LOGLEVEL: text("a log level", /^(fatal|error|warn|info|debug|trace)$/),
  CRASH_AT: text("the name of a crash point", /^[\w.]+(#\d+)?$/),
} satisfies Record<string, Entry<unknown>>;

type Raw = { [K in keyof typeof entries]: (typeof entries)[K] extends Entry<infer T> ? T : never };

export interface Config extends Omit<
  Raw,
  "DATA_DIR" | "PUBLIC_URL" | "API_URL" | "DEMO_SHOP" | "RATE_LIMIT" | "MAIL_FROM"
> {
  DATA_DIR: string;
  PUBLIC_URL: string;
  API_URL: string;
  MAIL_FROM: string;
  DEMO_SHOP: boolean;
  RATE_LIMIT: boolean;
  production: boolean;
  /** The sandbox stands in for Stripe: no Stripe key was given. */
  sandbox: boolean;
}

export class ConfigError extends Error {}

/** What is said of a data folder that the system does not let us use. */
export const unusable = (dir: string, error: unknown): ConfigError =>
  new ConfigError(`DATA_DIR ${dir} cannot be used: ${(error as Error).message}`, { cause: error });

/** Reads and judges the environment; throws a ConfigError that names what is wrong, one line a fault. */
export function readConfig(env: Record<string, string | undefined>): Config {
  const faults: string[] = [];
  const raw = {} as Record<string, unknown>;
  for (const [name, { read, fallback, wants }] of Object.entries(entries) as [string, Entry<unknown>][]) {
    const given = env[name];
    raw[name] = given === undefined || given === "" ? fallback : read(given);
    if (given && raw[name] === undefined) faults.push(`${name} should be ${wants}`);
  }
  const config = raw as unknown as Config;
  config.production = env["NODE_ENV"] === "production";
  config.DEMO_SHOP ??= !config.production;
  config.PUBLIC_URL ??= `http://localhost:${config.PORT}`;
  config.API_URL ??= `http://127.0.0.1:${config.PORT}`;
  config.MAIL_FROM ??= `Holdfast <shop@${URL.parse(config.PUBLIC_URL)?.hostname}>`;
  const stripe = [config.STRIPE_SECRET_KEY, config.STRIPE_PUBLISHABLE_KEY, config.STRIPE_WEBHOOK_SECRET];
  const given = stripe.filter(Boolean).length;
  config.sandbox = given === 0;
  if (given > 0 && given < 3)
    faults.push("STRIPE_SECRET_KEY, STRIPE_PUBLISHABLE_KEY and STRIPE_WEBHOOK_SECRET go together: all or none");
  if (config.production) {
    if (!config.JWT_SECRET) faults.push("JWT_SECRET is required in production");
    if (!config.RATE_LIMIT) faults.push("RATE_LIMIT=off is refused in production");
    if (config.sandbox && !config.DEMO_SHOP)
      faults.push("production needs Stripe's keys, or DEMO_SHOP=on to run on the sandbox under a banner");
    if (config.STRIPE_API && !config.DEMO_SHOP)
      faults.push("STRIPE_API is refused in production: payments go to Stripe");
    if (config.CRASH_AT) faults.push("CRASH_AT is refused in production");
  }
  if (config.S3_PUBLIC_URL && !config.S3_URL) faults.push("S3_PUBLIC_URL needs S3_URL");
  if ((config.production || config.MONGO_URL) && !config.DATA_KEY)
    faults.push(`DATA_KEY is required ${config.production ? "in production" : "with MONGO_URL"}`);
  if (config.MONGO_URL && !config.JWT_SECRET && !config.production)
    faults.push("JWT_SECRET is required with MONGO_URL");
  if (faults.length) throw new ConfigError(faults.join("\n"));
  return config;
}
