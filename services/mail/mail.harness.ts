import { afterAll, afterEach, beforeAll, beforeEach } from "@jest/globals";
import type { Service } from "moleculer";
import { systemRuntime } from "../../core/runtime.ts";
import type { BusHandle } from "../../mixins/bus/bus.ts";
import type { Collection } from "../../mixins/db/collection.ts";
import { testBroker, type TestBroker } from "../../tests/broker.ts";
import { Smtp, type Received } from "../../tests/smtp.ts";
import { eventually } from "../../tests/till.ts";
import { stub } from "../api/harness.ts";
import { cluster } from "../define.ts";
import mail from "./mail.service.ts";
import type { Message } from "./message.ts";

export const guest = "ada@example.com";
/** What somebody may ask a letter for. */
export const reset = {
  template: "reset",
  to: guest,
  key: "r1",
  data: { name: "Ada", link: "https://shop.example/reset/t" },
};
const contact = {
  buyer: guest,
  lang: null,
  lines: [{ title: "Night <b>Bus</b>\r\nBcc: eve@example.com", quantity: 2, unitPrice: 500 }],
  total: 900,
  seller: { id: "sue", name: "Sue & Co" },
  paidAt: Date.UTC(2040, 0, 2),
  link: "https://shop.example/open/o1/abc",
};
const quote = { title: "Night Bus", kind: "edition", price: 500, seller: { id: "sue", name: "Sue" }, perBuyer: null };

/** The mail service with a mail server of its own and neighbours that answer as the test wants, set up anew for each test. */
export class MailRoom {
  smtp!: Smtp;
  world!: TestBroker;
  db!: Collection<Message>;
  /** How far the shop's clock goes ahead, ms. */
  skew = 0;
  /** Dies at its crash points. */
  crash = false;
  orders: Record<string, unknown> = {};
  stock = { total: 10, available: 1, held: 0, sold: 9 };
  /** How many copies of each item there ever were. */
  made = 10;
  #bus!: BusHandle;
  readonly #env: Record<string, string | undefined>;

  constructor(env: Record<string, string | undefined>) {
    this.#env = env;
    beforeAll(async () => {
      this.smtp = await Smtp.start();
    });
    beforeEach(() => {
      this.smtp.letters.length = 0;
      this.smtp.answers = {};
      Object.assign(this, { skew: 0, crash: false, orders: { o1: contact }, made: 10 });
      this.stock = { total: 10, available: 1, held: 0, sold: 9 };
    });
    afterEach(() => this.world.stop());
    afterAll(() => this.smtp.close());
  }

  /** Opens a shop, in the data folder of an earlier one if need be. */
  async open(more: Record<string, string> = {}, dir?: string): Promise<void> {
    this.world = testBroker({
      env: {
        ...{ ...this.#env, SMTP_URL: this.smtp.url, PUBLIC_URL: "https://shop.example", LOGLEVEL: "fatal" },
        ...more,
      },
      services: [mail, ...this.#neighbours()],
      runtime: {
        ...systemRuntime(),
        now: () => Date.now() + this.skew,
        crashPoint: () => {
          if (this.crash) throw new Error("killed");
        },
      },
      ...(dir !== undefined && { dir }),
    });
    await this.world.broker.start();
    const service = this.world.broker.getLocalService("mail") as Service & { db: Collection<Message>; bus: BusHandle };
    [this.db, this.#bus] = [service.db, service.bus];
  }

  #neighbours() {
    const sue = { email: "sue@example.com", name: "Sue", lang: "de" };
    return [
      stub(cluster.orders, { contact: ({ params }) => this.orders[params.id] ?? null }),
      stub(cluster.auth, { contact: ({ params }) => (params.user === "sue" ? sue : null) }),
      stub(cluster.inventory, {
        stock: ({ params }) =>
          params.items.map((item: string) => ({ item, stock: this.stock, made: this.made, nextAt: null })),
      }),
      stub(cluster.items, {
        quote: ({ params }) => params.ids.map((id: string) => ({ ...quote, id, forSale: id !== "retired" })),
      }),
    ];
  }

  call = <T = null>(action: string, params: object = {}): Promise<T> =>
    this.world.broker.call(`mail.${action}`, params);

  /** Publishes a fact of the order, as orders would. */
  fact = (type: string, { v = 5, at = Date.now() + this.skew, items = ["i1"] } = {}): Promise<void> =>
    this.#bus.publish([{ id: `order:o1:${v}:0`, type, schema: 1, at, v, data: { id: "o1", seller: "sue", items } }]);

  stored = (): Promise<Message[]> => this.db.find({});

  /** The sweeper looks every second; here it is told to. */
  soon = <T>(ask: () => Promise<T>, wanted: (answer: T) => boolean): Promise<T> =>
    eventually(async () => {
      await this.call("sweep");
      return ask();
    }, wanted);

  arrived = (count: number): Promise<Received[]> =>
    this.soon(
      async () => this.smtp.letters,
      (letters) => letters.length === count,
    );

  settled = (state: string): Promise<Message[]> => this.soon(this.stored, ([message]) => message?.state === state);
}
