import { serviceDefiner } from "../core/contract.ts";
import { api } from "./api/api.contract.ts";
import { audit, records } from "./audit/audit.contract.ts";
import { auth } from "./auth/auth.contract.ts";
import { sessions } from "./auth/sessions.contract.ts";
import { delivery } from "./delivery/delivery.contract.ts";
import { demo } from "./demo/demo.contract.ts";
import { expiration } from "./expiration/expiration.contract.ts";
import { inventory, reservations, uses } from "./inventory/inventory.contract.ts";
import { items } from "./items/items.contract.ts";
import { orders } from "./orders/orders.contract.ts";
import { inbox, payments } from "./payments/payments.contract.ts";
import { sandbox } from "./sandbox/sandbox.contract.ts";

/** Every contract of the cluster: what can be called, and what can happen. */
export const cluster = {
  api,
  audit,
  auth,
  delivery,
  demo,
  expiration,
  inbox,
  inventory,
  items,
  orders,
  payments,
  records,
  reservations,
  sandbox,
  sessions,
  uses,
};
export type Cluster = typeof cluster;

export const defineService = serviceDefiner<Cluster>();
