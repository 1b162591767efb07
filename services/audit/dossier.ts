import type { Caller } from "../../core/contract.ts";
import type { Entitlement } from "../delivery/delivery.contract.ts";
import type { Cluster } from "../define.ts";
import type { Reservation, Unit } from "../inventory/inventory.contract.ts";
import type { OrderForOperators } from "../orders/orders.contract.ts";
import type { Hint, Payment } from "../payments/payments.contract.ts";
import type { EntryForOperators } from "../waitlist/waitlist.contract.ts";
import type { AuditRecord, Letter } from "./audit.contract.ts";

/** All that the services know of one order. */
export interface Dossier {
  order: OrderForOperators;
  payment: Payment | null;
  reservation: Reservation | null;
  units: Omit<Unit, "secret">[];
  entitlements: Omit<Entitlement, "ownedBy">[];
  hints: Hint[];
  letters: Letter[];
  records: AuditRecord[];
  /** The place in a line that became the order. */
  entry: EntryForOperators | null;
}

/** How many records of one order are shown, the latest. */
const RECORDS = 100;

/** Null when there is no such order. */
export async function dossier(
  broker: Caller<Cluster>,
  id: string,
  letters: () => Promise<Letter[]>,
): Promise<Dossier | null> {
  const order = await broker.call("orders.inspect", { id });
  if (!order) return null;
  const [payment, stock, entitlements, { rows: records }, all, entry] = await Promise.all([
    broker.call("payments.inspect", { order: id }),
    broker.call("inventory.inspect", { order: id }),
    broker.call("delivery.inspect", { order: id }),
    broker.call("records.list", { order: id, pageSize: RECORDS }),
    letters(),
    order.granted ? broker.call("waitlist.inspect", { order: id }) : null,
  ]);
  const intents = intentsOf(payment);
  const hints = intents.length ? await broker.call("inbox.inspect", { intents }) : [];
  const mine = all.filter((letter) => letter.order === id);
  return { order, payment, ...stock, entitlements, hints, letters: mine, records, entry };
}

/** Every intent the payment ever had: earlier attempts left theirs in the record of calls. */
function intentsOf(payment: Payment | null): string[] {
  const created = payment?.calls?.filter(({ name }) => name === "create").map(({ outcome }) => outcome.split(" ")[0]!);
  const known = [payment?.intent, ...(created ?? [])].filter((intent) => intent?.startsWith("pi_"));
  return [...new Set(known)] as string[];
}
