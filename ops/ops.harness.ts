import type { ServiceSchema } from "moleculer";
import { testBroker, type TestBroker } from "../tests/broker.ts";
import { person } from "../tests/people.ts";
import { eventually, openTill, type Till } from "../tests/till.ts";
import audit from "../services/audit/audit.service.ts";
import records from "../services/audit/records.service.ts";
import auth from "../services/auth/auth.service.ts";
import sessions from "../services/auth/sessions.service.ts";
import delivery from "../services/delivery/delivery.service.ts";
import expiration from "../services/expiration/expiration.service.ts";
import inventory from "../services/inventory/inventory.service.ts";
import reservations from "../services/inventory/reservations.service.ts";
import uses from "../services/inventory/uses.service.ts";
import waitlist from "../services/waitlist/waitlist.service.ts";
import items from "../services/items/items.service.ts";
import orders from "../services/orders/orders.service.ts";
import inbox from "../services/payments/inbox.service.ts";
import payments from "../services/payments/payments.service.ts";
import sandbox from "../services/sandbox/sandbox.service.ts";
import { systemRuntime } from "../core/runtime.ts";
import type { Node } from "./operation.ts";
import { run, type Terminal } from "./run.ts";

const SHOP = [
  audit,
  records,
  auth,
  sessions,
  delivery,
  expiration,
  inventory,
  reservations,
  uses,
  waitlist,
  items,
  orders,
  payments,
];
const SERVICES: ServiceSchema[] = [...SHOP, inbox, sandbox];

/** What a command printed and ended with. */
interface Said {
  code: number;
  out: string;
  err: string;
}

/** Gives a command at this node, as `npm run ops` does. `answer`: what is said when it asks; null where nobody can be asked. */
export async function give(
  node: unknown,
  line: string,
  { answer = null, width = 120 }: { answer?: boolean | null; width?: number } = {},
): Promise<Said & { asked: string[] }> {
  const said = { out: "", err: "", asked: [] as string[] };
  const terminal: Terminal = {
    width,
    print: (text) => void (said.out += `${text}\n`),
    complain: (text) => void (said.err += `${text}\n`),
    confirm:
      answer === null
        ? null
        : async (question) => {
            said.asked.push(question);
            return answer;
          },
    operator: "alice",
  };
  return { ...said, code: await run(line.split(" ").filter(Boolean), node as Node, terminal), ...said };
}

/** A shop whose people act through the broker; the sandbox and its webhooks come over real HTTP. */
export class OpsShop {
  readonly world: TestBroker;
  /** How far the shop's clock is ahead, ms. */
  skew = 0;
  readonly #till: Till;
  #item = "";

  private constructor(till: Till, env: Record<string, string | undefined>, services: ServiceSchema[]) {
    this.#till = till;
    const runtime = { ...systemRuntime(), now: () => Date.now() + this.skew };
    this.world = testBroker({ env: { LOGLEVEL: "fatal", ...till.env, ...env }, services, runtime });
  }

  static async start(env: Record<string, string | undefined> = {}, more: ServiceSchema[] = []): Promise<OpsShop> {
    const till = await openTill();
    const shop = new OpsShop(till, env, [...SERVICES, ...more]);
    await till.serve(shop.world.broker);
    await shop.world.broker.start();
    const account = { email: "sue@example.com", name: "Sue", password: "a long password" };
    const sue = await shop.call<{ id: string }>("auth.ensure", account, {});
    const draft = { title: "A thing", description: "", price: { amount: 1200, currency: "eur" } };
    const item = await shop.call<{ id: string }>(
      "items.create",
      { ...draft, kind: "edition", stock: 20 },
      person(sue.id),
    );
    await shop.call("items.publish", { id: item.id }, person(sue.id));
    shop.#item = item.id;
    return shop;
  }

  get item(): string {
    return this.#item;
  }

  call<T>(name: string, params: object, who: { meta?: object } = person("bob")): Promise<T> {
    return this.world.broker.call(name, params, { ...who, timeout: 20_000 });
  }

  /** A reserved order; a guest's where an e-mail is given. */
  async reserve(quantity = 1, email?: string): Promise<string> {
    const asked = { lines: [{ itemId: this.#item, quantity }], ...(email && { email }) };
    return (await this.call<{ id: string }>("orders.create", asked, email ? { meta: {} } : person("bob"))).id;
  }

  /** What the buyer's browser is told, and then paying with this card. */
  async pay(order: string, method?: string): Promise<string> {
    const means = await this.call<{ clientSecret: string; publishableKey: string }>("orders.pay", { id: order });
    await this.#till.confirm(means.clientSecret, means.publishableKey, method);
    return means.clientSecret;
  }

  /** From now on the sweeper of a service runs only when it is told to. */
  async quiet(service: string): Promise<void> {
    const { $sweep } = this.world.broker.getLocalService(service) as unknown as {
      $sweep: { timer: { cancel(): void }; taking: Promise<unknown> | null };
    };
    $sweep.timer.cancel();
    await $sweep.taking;
  }

  reaches(order: string, state: string): Promise<unknown> {
    return eventually(
      async () => (await this.call<{ state: string }>("orders.inspect", { id: order })).state,
      (found) => found === state,
    );
  }

  async stop(): Promise<void> {
    await this.world.stop();
    await this.#till.close();
  }
}
