import { afterAll, beforeAll, expect } from "@jest/globals";
import type { ServiceSchema } from "moleculer";
import type { Meta } from "../../core/contract.ts";
import { typeOf } from "../../core/errors.ts";
import { systemRuntime } from "../../core/runtime.ts";
import { testBroker, type TestBroker } from "../../tests/broker.ts";
import { person } from "../../tests/people.ts";
import { eventually, openTill, type Till } from "../../tests/till.ts";
import auth from "../auth/auth.service.ts";
import sessions from "../auth/sessions.service.ts";
import delivery from "../delivery/delivery.service.ts";
import discounts from "../discounts/discounts.service.ts";
import expiration from "../expiration/expiration.service.ts";
import inventory from "../inventory/inventory.service.ts";
import reservations from "../inventory/reservations.service.ts";
import uses from "../inventory/uses.service.ts";
import type { Item } from "../items/items.contract.ts";
import items from "../items/items.service.ts";
import inbox from "../payments/inbox.service.ts";
import type { PayWith } from "../payments/payments.contract.ts";
import payments from "../payments/payments.service.ts";
import sandbox from "../sandbox/sandbox.service.ts";
import waitlist from "../waitlist/waitlist.service.ts";
import type { Order } from "./orders.contract.ts";
import orders from "./orders.service.ts";

const STOCK = [inventory, reservations, uses, waitlist];
const MONEY = [inbox, payments, sandbox];
const SERVICES: ServiceSchema[] = [auth, sessions, delivery, discounts, expiration, ...STOCK, items, ...MONEY, orders];

export interface Who {
  meta: Meta;
}

export const euros = (amount: number) => ({ amount, currency: "eur" });
/** The coded type that the work failed with. */
export const refusal = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "done",
    (error: unknown) => typeOf(error) ?? String(error),
  );
/** The type and the data of a refusal. */
export const refused = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => "done",
    ({ type, data }: { type: string; data: unknown }) => ({ type, data }),
  );

/** All services that an order needs, opened before the tests of the block it is called in; Sue sells, Bob and Eve buy. */
export class OrderDesk {
  shop!: TestBroker;
  till!: Till;
  sue!: Who;
  bob!: Who;
  eve!: Who;
  /** How far the shop's clock goes ahead, ms. */
  skew = 0;

  constructor(env: Record<string, string | undefined>, more: ServiceSchema[] = []) {
    beforeAll(async () => {
      this.till = await openTill();
      this.shop = testBroker({
        env: { ...this.till.env, ...(env["MONGO_URL"] && { MONGO_URL: env["MONGO_URL"] }) },
        services: [...SERVICES, ...more],
        runtime: { ...systemRuntime(), now: () => Date.now() + this.skew },
      });
      await this.till.serve(this.shop.broker);
      await this.shop.broker.start();
      [this.sue, this.bob, this.eve] = [await this.user("sue"), await this.user("bob"), await this.user("eve")];
    });
    afterAll(async () => {
      await this.shop.stop();
      await this.till.close();
    });
  }

  async user(name: string): Promise<Who> {
    const account = { email: `${name}@example.com`, name, password: "a long password" };
    return person((await this.shop.broker.call<{ id: string }, object>("auth.ensure", account)).id);
  }

  call = <T = Order>(name: string, params: object, who: Who = this.bob): Promise<T> =>
    this.shop.broker.call(name, params, { ...who, timeout: 20_000 });

  /** A published item of Sue's. */
  item = async (over: object = {}, who: Who = this.sue): Promise<Item> => {
    const draft = { title: "A thing", description: "", price: euros(500), kind: "edition", stock: 3, ...over };
    const { id } = await this.call<Item>("items.create", draft, who);
    return this.call<Item>("items.publish", { id }, who);
  };

  create = (id: string, over: object = {}, who: Who = this.bob): Promise<Order> =>
    this.call("orders.create", { lines: [{ itemId: id, quantity: 1 }], ...over }, who);

  reaches = (id: string, status: string, who: Who = this.bob): Promise<Order> =>
    eventually(
      () => this.call("orders.get", { id }, who),
      (order) => order.status === status,
    );

  pay = async (id: string, who: Who = this.bob): Promise<void> => {
    const { clientSecret, publishableKey } = await this.call<PayWith>("orders.pay", { id }, who);
    expect((await this.till.confirm(clientSecret, publishableKey)).status).toBe("succeeded");
  };

  held = async (id: string): Promise<number> =>
    (await this.call<{ stock: { held: number } }[]>("inventory.stock", { items: [id] }))[0]!.stock.held;
}
