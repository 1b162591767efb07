import type { Order } from "~/utils/types";
import type { Params } from "~/utils/routes";
import { uuid } from "~/utils/uuid";

const TRIES = 5;
const PAUSE_MS = 1000;

export type Wish = Omit<Params<"orders.create">, "idempotencyKey">;

/** Places orders: an answer that got lost is asked for again under the same key, so one press is one order. */
export function usePlacement() {
  const { $shop } = useNuxtApp();
  const holds = useHolds();
  let pending = { body: "", key: "" };

  function keyFor(wish: Wish): string {
    const body = JSON.stringify(wish);
    if (pending.body !== body) pending = { body, key: uuid() };
    return pending.key;
  }

  async function ask(wish: Wish, left = TRIES): Promise<Order> {
    try {
      return await $shop("orders.create", { ...wish, idempotencyKey: keyFor(wish) });
    } catch (error) {
      const undecided = ["TRY_AGAIN", "OFFLINE"].includes(failureOf(error).type);
      if (!undecided || left <= 1) throw error;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      return ask(wish, left - 1);
    }
  }

  /** The order, with its copies held; the way leads on to its checkout. Throws the shop's verdict. */
  async function place(wish: Wish): Promise<Order> {
    try {
      const order = await ask(wish);
      pending = { body: "", key: "" };
      const [{ itemId, title }] = order.lines as [Order["lines"][number]];
      learnServerTime(order.now);
      // What costs nothing is bought by now.
      if (order.status === "reserved") holds.add({ order: order.id, item: itemId, title, expiresAt: order.expiresAt });
      return order;
    } catch (error) {
      const { status, type } = failureOf(error);
      // A refusal is a verdict; only an unknown outcome keeps its key for the next try.
      if (status < 500 && type !== "OFFLINE") pending = { body: "", key: "" };
      throw error;
    }
  }

  return { place };
}
