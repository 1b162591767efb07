import type { Caller } from "../../core/contract.ts";
import { isDuplicate } from "../../mixins/db/collection.ts";
import type { Cluster } from "../define.ts";
import type { StockRoom } from "./reservation.ts";

/** What the flows need of the world, as calls through the broker where it is in the other collections of this folder. */
export const stockRoom = (
  broker: Caller<Cluster>,
  own: Omit<StockRoom, "reservations" | "uses" | "isDuplicate" | "serve">,
): StockRoom => ({
  ...own,
  reservations: {
    get: (id) => broker.call("reservations.get", { id }),
    insert: (doc) => broker.call("reservations.insert", { doc }),
    write: (doc, change) => broker.call("reservations.write", { doc, change }),
  },
  uses: {
    look: (query) => broker.call("uses.look", query),
    insert: (doc) => broker.call("uses.insert", { doc }),
    remove: (query) => broker.call("uses.remove", query),
  },
  isDuplicate,
  serve: async (item) => (await broker.call("waitlist.serve", { item })).waits,
});
