import type { ServerResponse } from "node:http";
import type { Meta } from "../../core/contract.ts";

/** How much may wait for a client that reads slowly, bytes. Whoever is cut off connects again and gets the state anew. */
const MAX_BACKLOG = 262_144;
/** How long a client waits before it connects again, ms. */
const RETRY = 1000;

/** One client's server-sent events. What is pushed before it begins follows the hello. */
export class LiveStream {
  /** Who listens: what the stream shows is read with it. */
  readonly meta: Meta;
  readonly #res: ServerResponse;
  #held: string[] | null = [];

  constructor(res: ServerResponse, meta: Meta) {
    this.#res = res;
    this.meta = meta;
  }

  begin(now: string): void {
    this.#res.writeHead(200, {
      "content-type": "text/event-stream",
      "cache-control": "no-store",
      // Asks nginx not to keep events back.
      "x-accel-buffering": "no",
    });
    const held = this.#held ?? [];
    this.#held = null;
    this.#write(`retry: ${RETRY}\n${eventOf("hello", { now })}${held.join("")}`);
  }

  push(event: "stock" | "order" | "sale" | "granted", data: object): void {
    if (this.#held) this.#held.push(eventOf(event, data));
    else this.#write(eventOf(event, data));
  }

  /** A line that says nothing, so that neither side takes the silence for a broken connection. */
  comment(): void {
    if (!this.#held) this.#write(":\n\n");
  }

  end(): void {
    if (!this.#held) this.#res.end();
  }

  #write(text: string): void {
    if (this.#res.destroyed || this.#res.writableEnded) return;
    this.#res.write(text);
    if (this.#res.writableLength > MAX_BACKLOG) this.#res.destroy();
  }
}

const eventOf = (event: string, data: object) => `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
