import type { Patient } from "./patient.ts";

/** How many copies an item has; when all were wanted once, the seller lists another. */
const COPIES = 100;
const KINDS = ["edition", "keys", "unlimited"] as const;
type Kind = (typeof KINDS)[number];

/** Goods of all kinds, of which there is always enough: nobody who takes from it may hear "sold out". */
export class Shelf {
  readonly #seller: Patient;
  readonly #current = new Map<Kind, { item: Promise<string>; left: number }>();
  #turn = 0;

  private constructor(seller: Patient) {
    this.#seller = seller;
  }

  static async open(seller: Patient): Promise<Shelf> {
    const shelf = new Shelf(seller);
    for (const _ of KINDS) await shelf.take();
    return shelf;
  }

  /** A copy that nobody else was sent for. */
  async take(): Promise<{ item: string; kind: Kind }> {
    const kind = KINDS[this.#turn++ % KINDS.length]!;
    let current = this.#current.get(kind);
    if (!current?.left) this.#current.set(kind, (current = { item: this.#list(kind), left: COPIES }));
    current.left--;
    return { item: await current.item, kind };
  }

  async #list(kind: Kind): Promise<string> {
    const seller = this.#seller;
    const price = { amount: 1200, currency: "eur" };
    const stock = kind === "edition" && { stock: COPIES };
    const draft = { title: `Some ${kind}`, description: "Made for a crowd.", price, kind, ...stock };
    const { id } = await seller.ok(seller.post("/api/items", draft));
    if (kind === "keys") {
      const keys = Array.from({ length: COPIES }, (_, n) => `KEY-${n + 1}`);
      await seller.ok(seller.post(`/api/items/${id}/keys`, { keys }));
    }
    if (kind === "unlimited") {
      const file = { method: "PUT", raw: "Once upon a time", headers: { "content-type": "text/plain" } };
      await seller.ok(seller.ask(`/api/items/${id}/files/book.txt`, file));
    }
    await seller.ok(seller.post(`/api/items/${id}/publish`));
    return id;
  }
}
