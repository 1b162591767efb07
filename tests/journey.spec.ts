import { onBothStores } from "./broker.ts";
import { journeys } from "./journeys.ts";
import { Shop } from "./shop.ts";

/** In the process that `npm start` runs. */
onBothStores("journeys", (env) => journeys(() => Shop.start({ env: { ...env } })));
