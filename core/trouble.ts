import type { ServiceBroker } from "moleculer";
import type { World } from "./broker.ts";
import type { Runtime } from "./runtime.ts";

/** A server that a process needs, by the variable that gives its URL. */
type Variable = "NATS_URL" | "MONGO_URL" | "REDIS_URL" | "S3_URL";

/** How long to wait before a server that is away is tried again, ms. */
export const RETRY_AFTER = 250;
/** How long the same line is not said again, ms. */
const REPEAT_AFTER = 30_000;

const REFUSED =
  /authori[sz]ation.violation|authentication|WRONGPASS|NOAUTH|invalid (username|password)|bad auth|InvalidAccessKeyId|SignatureDoesNotMatch/i;
const UNKNOWN_HOST = /ENOTFOUND|EAI_AGAIN/;
const INSECURE = /\bCERT|SELF_SIGNED|certificate|\bTLS\b|\bSSL\b|ERR_(TLS|SSL)/i;
const SILENT =
  /ECONN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EPIPE|CONNECTION_|DISCONNECT|TIMEOUT|timed? ?out|ServerSelection|MongoNetwork|PoolCleared|MaxRetriesPerRequest|connection is closed/i;

/**
 * Why a server cannot be used, in one line for people. It names the variable and the host, and never what stands before
 * the host: there are the credentials.
 */
export function troubleWith(variable: Variable, url: string, error: unknown): string {
  const host = hostOf(url);
  const signs = signsOf(error, url).join(" ");
  if (REFUSED.test(signs)) return `${variable}: the server at ${host} refuses these credentials`;
  if (UNKNOWN_HOST.test(signs)) return `${variable}: there is no host of this name: ${host}`;
  if (INSECURE.test(signs)) return `${variable}: no secure connection to ${host}: ${firstLine(error, url)}`;
  if (SILENT.test(signs)) return `${variable}: no server answers at ${host}`;
  return `${variable}: the server at ${host} cannot be used: ${firstLine(error, url)}`;
}

/** Also of several hosts, each with credentials of its own or without. */
const hostOf = (url: string): string =>
  url
    .split(",")
    .map((part) =>
      part
        .replace(/^[a-z+]+:\/\//, "")
        .replace(/[/?#].*$/, "")
        .replace(/^.*@/, ""),
    )
    .join(",");

interface Chained {
  name?: string;
  code?: unknown;
  codeName?: string;
  cause?: unknown;
  /** Of the NATS client. */
  chainedError?: unknown;
  /** Of MongoDB's driver: what it knows of each server. */
  reason?: { servers?: Map<string, { error?: unknown }> };
}

/** What drivers tell of an error, and of those behind it. */
function signsOf(error: unknown, url: string, depth = 0): string[] {
  if (!error || depth > 4) return [];
  const { name, code, codeName, cause, chainedError, reason } = error as Chained;
  const servers = reason?.servers instanceof Map ? [...reason.servers.values()] : [];
  const behind = [cause, chainedError, ...servers.map((server) => server.error)];
  return [
    ...[name, code, codeName].filter((sign) => sign !== undefined).map(String),
    firstLine(error, url),
    ...behind.flatMap((one) => signsOf(one, url, depth + 1)),
  ];
}

/** A driver's own words, without the URL should they quote it. */
const firstLine = (error: unknown, url: string): string =>
  String((error as Partial<Error>).message ?? "")
    .split("\n", 1)[0]!
    .replaceAll(url, "the URL");

interface Host {
  runtime: Runtime;
  urls: Partial<Record<Variable, string | undefined>>;
  say(line: string): void;
}

/** What keeps a process from its servers: said in one line, again only after a while, and read by `/ready`. */
export class Troubles {
  readonly #host: Host;
  readonly #present = new Map<Variable, string>();
  /** When each line was said last, ms. */
  readonly #said = new Map<string, number>();

  constructor(host: Host) {
    this.#host = host;
  }

  /** A connection could not be made, or was lost. */
  met(variable: Variable, error: unknown): void {
    const line = troubleWith(variable, this.#host.urls[variable] ?? "", error);
    this.#present.set(variable, line);
    this.#say(line);
  }

  /** The server was reached. */
  over(variable: Variable): void {
    if (this.#present.delete(variable)) this.#say(`${variable}: the server answers`);
  }

  get lines(): string[] {
    return [...this.#present.values()];
  }

  #say(line: string): void {
    const { runtime, say } = this.#host;
    const now = runtime.now();
    if (now - (this.#said.get(line) ?? -Infinity) < REPEAT_AFTER) return;
    this.#said.set(line, now);
    say(line);
  }
}

const all = new WeakMap<object, Troubles>();

/** Those of a process: several connections to one server are one trouble. */
export function troublesOf(broker: ServiceBroker & Partial<World>): Troubles {
  let troubles = all.get(broker);
  if (!troubles) {
    const { runtime, config: urls } = broker as ServiceBroker & World;
    const logger = broker.getLogger("SERVERS");
    all.set(broker, (troubles = new Troubles({ runtime, urls: urls ?? {}, say: (line) => logger.warn(line) })));
  }
  return troubles;
}

/**
 * Asks a server until it has answered, and says what it waits for: one that is busy, or about to start, lets everybody
 * wait. Rejects when the broker is told to stop.
 */
export async function patiently<T>(
  broker: ServiceBroker & Partial<World>,
  variable: Variable,
  ask: () => Promise<T>,
): Promise<T> {
  const troubles = troublesOf(broker);
  for (;;) {
    try {
      const answer = await ask();
      troubles.over(variable);
      return answer;
    } catch (error) {
      if (broker.stopping) throw error;
      troubles.met(variable, error);
      await broker.runtime!.sleep(RETRY_AFTER);
    }
  }
}
