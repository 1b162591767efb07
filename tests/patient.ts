import { setTimeout as sleep } from "node:timers/promises";
import { Client, type Ask, type Reply } from "./client.ts";

/** An answer that has not come by then never comes, ms. The gateway's own bound for a change is 6 s. */
const ANSWER_WITHIN = 15_000;
/** How long to wait before another gateway is asked, where none answered, ms. */
const PAUSE = 100;

/**
 * What a crowd heard, and how often: "200", "503"; "refused" where nobody listened, which a load balancer would have known;
 * "cut off" where a request was taken and not answered, "late" where nothing came.
 */
export type Tally = Map<string, number>;

/** Somebody who asks again as the HTTP contract says: a 503 and a 429 after `Retry-After`, no answer at another gateway. */
export class Patient {
  readonly client = new Client();
  /** Replies that the contract does not allow, whatever was asked. */
  readonly faults: string[] = [];
  /** How often it asked again. */
  retries = 0;
  readonly #gateways: readonly string[];
  readonly #tally: Tally;
  #turn: number;

  /** Takes turns at the gateways, so that it reads at one what it did at another. */
  constructor(gateways: readonly string[], tally: Tally, turn = 0) {
    this.#gateways = gateways;
    this.#tally = tally;
    this.#turn = turn;
  }

  /** The first answer that is a verdict. Throws once `patience` ms are over. */
  async ask(path: string, request: Ask = {}, patience = 60_000): Promise<Reply> {
    for (const end = Date.now() + patience; ; this.retries++) {
      const reply = await this.#once(path, request);
      const heard = typeof reply === "string" ? reply : String(reply.status);
      this.#tally.set(heard, (this.#tally.get(heard) ?? 0) + 1);
      if (typeof reply !== "string" && reply.status < 500 && reply.status !== 429) return reply;
      const what = `${request.method ?? "GET"} ${path.split("?", 1)[0]}: ${heard}`;
      const pause = typeof reply === "string" ? PAUSE : Number(reply.headers.get("retry-after")) * 1000;
      if (typeof reply !== "string" && ((reply.status >= 500 && reply.status !== 503) || !pause))
        this.faults.push(`${what} ${JSON.stringify(reply.body)}${pause ? "" : ", without Retry-After"}`);
      if (Date.now() > end) throw new Error(`${what} for ${patience} ms`);
      await sleep(pause || PAUSE);
    }
  }

  get(path: string): Promise<Reply> {
    return this.ask(path);
  }

  post(path: string, body: object = {}, headers: Record<string, string> = {}): Promise<Reply> {
    return this.ask(path, { method: "POST", body, headers });
  }

  /** The body of a success; anything else is an error that says what came. */
  async ok(reply: Promise<Reply>): Promise<any> {
    return this.client.ok(reply);
  }

  /** The answer, or why there is none. */
  async #once(path: string, request: Ask): Promise<Reply | string> {
    const gateway = this.#gateways[this.#turn++ % this.#gateways.length]!;
    const url = path.startsWith("http") ? path : gateway + path;
    return this.client.ask(url, { ...request, signal: AbortSignal.timeout(ANSWER_WITHIN) }).catch(whyNone);
  }
}

function whyNone({ name, cause }: Error): string {
  if (name === "TimeoutError") return "late";
  return (cause as NodeJS.ErrnoException | undefined)?.code === "ECONNREFUSED" ? "refused" : "cut off";
}
