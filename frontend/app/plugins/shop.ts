import { askFor, askFromBrowser } from "~/utils/ask";
import { requestOf, type Shop } from "~/utils/routes";

/** `$shop`: the one client of the HTTP contract, the same on server and browser. Other plugins ask the shop too. */
export default defineNuxtPlugin({
  name: "shop",
  enforce: "pre",
  setup() {
    const ask = import.meta.server ? askFor(useRequestEvent()!.node) : askFromBrowser;
    const shop = ((operation, params) => ask(requestOf(operation, params))) as Shop;
    return { provide: { shop } };
  },
});
