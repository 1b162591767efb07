import type { Caller } from "../../core/contract.ts";
import type { Runtime } from "../../core/runtime.ts";
import type { Cluster } from "../define.ts";
import type { Neighbours } from "./saga.ts";

/** The saga's commands as calls through the broker, with the crash points that tests die at. */
export function neighbours(broker: Caller<Cluster>, runtime: Runtime): Neighbours {
  return {
    async reserve({ _id, buyer, seller, expiresAt, lines, discount, granted }) {
      const wanted = lines.map(({ id, itemId, kind, quantity, perBuyer }) => ({
        id,
        item: itemId,
        kind,
        quantity,
        perBuyer,
      }));
      const code = discount && {
        seller: seller.id,
        code: discount.code,
        cap: discount.cap,
        perBuyer: discount.perBuyer,
      };
      const asked = {
        order: _id,
        buyer,
        until: expiresAt,
        lines: wanted,
        ...(code && { code }),
        ...(granted && { granted }),
      };
      const verdict = await broker.call("inventory.reserve", asked);
      runtime.crashPoint("orders.reserved");
      return verdict;
    },
    async release(order) {
      runtime.crashPoint("orders.closed");
      await broker.call("inventory.release", { order });
      runtime.crashPoint("orders.released");
    },
    sell: (order) => broker.call("inventory.sell", { order }),
    async retire(order) {
      await broker.call("inventory.retire", { order });
    },
    async closePayment(order) {
      runtime.crashPoint("orders.closing");
      return (await broker.call("payments.close", { order })).outcome;
    },
    async refundPayment(order) {
      return (await broker.call("payments.refund", { order })).outcome;
    },
    async grant({ _id, user }, grants) {
      runtime.crashPoint("orders.sold");
      const { granted } = await broker.call("delivery.grant", { order: _id, user: user?.id ?? null, grants });
      runtime.crashPoint("orders.granted");
      return granted;
    },
    async revoke({ _id, user }, grants) {
      await broker.call("delivery.revoke", { order: _id, user: user?.id ?? null, grants });
    },
  };
}
