import { newOrder } from "../../services/orders/checkout.ts";
import { grant } from "../../services/orders/granted.ts";
import type { Saga } from "../../services/orders/saga.ts";
import { entryDue, type Entry } from "../../services/waitlist/entry.machine.ts";
import { drive, join, leave, serve, type Line } from "../../services/waitlist/line.ts";
import type { OutboxStore } from "../../mixins/outbox.ts";
import type { Collection } from "../../mixins/db/collection.ts";
import { DEADLINE, PRICE } from "./world.ts";

interface Host {
  entries: OutboxStore<Entry>;
  find: Collection<Entry>["find"];
  saga: Saga;
  command<T>(action: string, params: object): Promise<T>;
}

type Granted = Parameters<typeof granted>[0];

/** The waiting list as one process sees it: its commands, and the one of orders that it needs. */
export function lineCommands({ entries, find, saga, command }: Host) {
  const line: Line = {
    entries,
    find: (query, options) => find(query, options),
    async recall({ item, ticket: caller }) {
      return (await command<{ available: boolean }>("inventory.recall", { item, caller })).available;
    },
    grant: ({ order, item, buyer }) => command("orders.grant", { id: order, item, buyer }),
    async look(id) {
      const { state, expiresAt } = (await saga.orders.get(id))!;
      return { state, refusal: null, expiresAt };
    },
    tell: async () => undefined,
    granted: () => undefined,
    now: () => 0,
  };
  const person = (buyer: string) => ({ buyer, user: { id: buyer, name: buyer }, email: null });
  return {
    "waitlist.serve": async ({ item }: { item: string }) => ({ waits: await serve(line, item) }),
    "waitlist.drive": ({ id }: { id: string }) => drive(line, id),
    "waitlist.join": ({ item, buyer }: { item: string; buyer: string }) => join(line, { item, ...person(buyer) }),
    "waitlist.leave": ({ id }: { id: string }) => leave(line, id),
    "orders.grant": (asked: Granted) => grant(saga, asked.id, async () => granted(asked)),
  };
}

/** The order that a grant makes. */
function granted({ id, item, buyer }: { id: string; item: string; buyer: string }) {
  const line = { id: "1", itemId: item, title: item, kind: "edition" as const, quantity: 1, unitPrice: PRICE };
  const asked = { _id: id, buyer, user: { id: buyer, name: buyer }, email: null, granted: true as const };
  const drafted = {
    lines: [{ ...line, perBuyer: null, serials: [] }],
    seller: { id: "seller", name: "Seller" },
    total: PRICE,
  };
  return newOrder(asked, drafted, 0, DEADLINE / 1000);
}

/** Whether the sweeper looks at it. */
export const isDue = (entry: Entry): boolean => entryDue(entry, 0) !== null;
