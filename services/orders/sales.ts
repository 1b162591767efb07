import { Type, type Static } from "typebox";
import { Id, money, Sum, Time } from "../schemas.ts";
import { OrderState } from "./order.state.ts";

/** How many days a summary shows one by one. */
const DAYS = 30;
const DAY = 86_400_000;

export const SalesRow = Type.Object({
  orderId: Id,
  lineId: Id,
  itemId: Id,
  title: Type.String(),
  quantity: Type.Integer(),
  amount: Sum,
  fee: Sum,
  net: Sum,
  buyer: Type.String({ description: 'The buyer\'s name, or "guest"' }),
  status: OrderState,
  at: Time,
});
export type SalesRow = Static<typeof SalesRow>;

/** What a seller sold. Days are UTC. What was refunded later counts in `orders` and `amount` still, and in `refunded` as well. */
export const Summary = Type.Object({
  days: Type.Array(
    Type.Object({
      day: Type.String({ format: "date" }),
      orders: Type.Integer({ minimum: 0 }),
      amount: Sum,
    }),
    { description: "The last 30, the oldest first" },
  ),
  orders: Type.Integer({ minimum: 0, description: "Of all time, as all that follows" }),
  amount: Sum,
  refunded: Sum,
  holds: Type.Object({
    paid: Type.Integer({ minimum: 0, description: "Holds that were paid in time" }),
    expired: Type.Integer({ minimum: 0, description: "Holds that lapsed" }),
  }),
});
export type Summary = Static<typeof Summary>;

const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10);

/** What one order adds to its seller's totals; orders that add the same are counted and not read. */
export const counted = {
  sold: (at: number, total: number, lines: number) => `sold ${dayOf(at)} ${total} ${lines}`,
  refunded: (at: number, total: number, lines: number) => `refunded ${dayOf(at)} ${total} ${lines}`,
  expired: "expired",
};

/** How many of a seller's orders there are of each kind of `counted`. */
type Counts = Record<string, number>;

function sums(counts: Counts) {
  return Object.entries(counts)
    .filter(([kind]) => kind !== counted.expired)
    .map(([kind, orders]) => {
      const [fate, day, total, lines] = kind.split(" ") as [string, string, string, string];
      return { fate, day, orders, amount: orders * Number(total), lines: orders * Number(lines) };
    });
}

/** How many rows of sales there are: one a line. */
export const salesIn = (counts: Counts): number => sums(counts).reduce((rows, { lines }) => rows + lines, 0);

export function summary(counts: Counts, now: number): Summary {
  const sold = sums(counts);
  const total = (some: typeof sold) => ({
    orders: some.reduce((sum, { orders }) => sum + orders, 0),
    amount: money(some.reduce((sum, { amount }) => sum + amount, 0)),
  });
  const byDay = Map.groupBy(sold, ({ day }) => day);
  const days = Array.from({ length: DAYS }, (_, n) => dayOf(now - (DAYS - 1 - n) * DAY));
  const all = total(sold);
  return {
    days: days.map((day) => ({ day, ...total(byDay.get(day) ?? []) })),
    ...all,
    refunded: total(sold.filter(({ fate }) => fate === "refunded")).amount,
    holds: { paid: all.orders, expired: counts[counted.expired] ?? 0 },
  };
}
