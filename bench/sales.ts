import type { IncomingMessage } from "node:http";
import { Person, send } from "./person.ts";

/** How long an order may take from its payment to its goods, ms. */
const DELIVERED_WITHIN = 30_000;

/** The seller's live stream of sales: it tells when an order is fulfilled, so that nobody has to ask for it. */
export class Sales {
  readonly #fulfilled = new Set<string>();
  readonly #awaited = new Map<string, () => void>();

  private constructor(stream: IncomingMessage) {
    let rest = "";
    stream.setEncoding("utf8").on("data", (text: string) => {
      const events = (rest + text).split("\n\n");
      rest = events.pop()!;
      for (const event of events) this.#read(event);
    });
  }

  static async of(seller: Person): Promise<Sales> {
    const stream = await send(`${seller.url}/api/live?sales=1`, { headers: seller.headers });
    if (stream.statusCode !== 200) throw new Error(`GET /api/live: ${stream.statusCode}`);
    return new Sales(stream);
  }

  /** Resolves when the buyer has the goods. */
  fulfilled(order: string): Promise<void> {
    if (this.#fulfilled.delete(order)) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`Order ${order} is not fulfilled`)), DELIVERED_WITHIN);
      this.#awaited.set(order, () => {
        clearTimeout(late);
        resolve();
      });
    });
  }

  #read(event: string): void {
    const data = /^event: sale\ndata: (.*)$/s.exec(event)?.[1];
    if (!data) return;
    const { orderId, status } = JSON.parse(data) as { orderId: string; status: string };
    if (status !== "fulfilled") return;
    const tell = this.#awaited.get(orderId);
    if (!tell) return void this.#fulfilled.add(orderId);
    this.#awaited.delete(orderId);
    tell();
  }
}
