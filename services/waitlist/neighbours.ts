import type { Caller, Injected } from "../../core/contract.ts";
import type { OutboxStore } from "../../mixins/outbox.ts";
import type { Collection } from "../../mixins/db/collection.ts";
import type { Cluster } from "../define.ts";
import type { Entry } from "./entry.machine.ts";
import type { Line } from "./line.ts";

interface Host extends Injected {
  broker: Caller<Cluster>;
  store: OutboxStore<Entry>;
  db: Collection<Entry>;
}

/** What the line needs, as calls through the broker, with the crash points that tests die at. */
export function lineOf({ broker, runtime, store, db }: Host, granted: Line["granted"]): Line {
  const look: Line["look"] = async (order) => {
    const { state, refusal, expiresAt } = (await broker.call("orders.inspect", { id: order }))!;
    return { state, refusal: refusal?.type ?? null, expiresAt };
  };
  return {
    entries: store,
    find: (query, options) => db.find(query, options),
    async recall({ item, ticket }) {
      runtime.crashPoint("waitlist.joining");
      return (await broker.call("inventory.recall", { item, caller: ticket })).available;
    },
    async grant({ order, item, buyer, user, email, lang }) {
      runtime.crashPoint("waitlist.granting");
      const waiter = { id: order!, item, buyer, user, email, ...(lang && { lang }) };
      const granting = await broker.call("orders.grant", waiter);
      runtime.crashPoint("waitlist.held");
      return granting;
    },
    look,
    async tell({ order: id }) {
      runtime.crashPoint("waitlist.granted");
      const order = await broker.call("orders.contact", { id: id! });
      if (!order) return;
      const { expiresAt } = await look(id!);
      const data = { title: order.lines[0]!.title, orderId: id!, expiresAt, link: order.link };
      const lang = order.lang && { lang: order.lang };
      await broker.call("mail.send", { template: "granted", key: `granted:${id}`, to: order.buyer, ...lang, data });
      runtime.crashPoint("waitlist.told");
    },
    granted,
    now: () => runtime.now(),
  };
}
