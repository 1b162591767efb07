import account from "./account.ts";
import catalogue from "./catalogue.ts";
import order from "./order.ts";
import site from "./site.ts";

export default { ...site, ...catalogue, ...order, ...account };
