// Every contract of the cluster, a line for each folder.
export { api } from "./api/api.contract.ts";
export { audit, records } from "./audit/audit.contract.ts";
export { auth } from "./auth/auth.contract.ts";
export { sessions } from "./auth/sessions.contract.ts";
export { delivery } from "./delivery/delivery.contract.ts";
export { demo } from "./demo/demo.contract.ts";
export { discounts } from "./discounts/discounts.contract.ts";
export { expiration } from "./expiration/expiration.contract.ts";
export { inventory, reservations, uses } from "./inventory/inventory.contract.ts";
export { items } from "./items/items.contract.ts";
export { mail } from "./mail/mail.contract.ts";
export { orders } from "./orders/orders.contract.ts";
export { inbox, payments } from "./payments/payments.contract.ts";
export { sandbox } from "./sandbox/sandbox.contract.ts";
export { search } from "./search/search.contract.ts";
export { waitlist } from "./waitlist/waitlist.contract.ts";
export { wishlist } from "./wishlist/wishlist.contract.ts";
