import { DELIVER_WITHIN, type OrderForOperators } from "../orders/orders.contract.ts";
import type { Dossier } from "./dossier.ts";

/** What an order waits for, and what will happen next: in ms since the epoch, the soonest first. */
interface Outlook {
  waitsFor: string;
  next: { at: number; what: string }[];
}

/** When the sweeper looks at a document again, ms; undefined when it rests. */
const dueAt = (doc: { due?: string } | null | undefined): number | undefined =>
  doc?.due === undefined ? undefined : Number(doc.due.split(":")[0]);

/** The others are swept for their facts alone. */
const MOVING = ["open", "closing", "refunding"];

/** Nothing here decides anything: it says in words what the machines of order and payment do. */
export function outlook(dossier: Dossier): Outlook {
  const { order, payment, hints } = dossier;
  const next: Outlook["next"] = [];
  const then = (at: number | undefined, what: string) => at !== undefined && next.push({ at, what });
  const waitsFor = waitingFor(dossier);
  switch (order.state) {
    case "reserving":
      then(dueAt(order), "orders asks inventory again (sweeper)");
      break;
    case "reserved":
      if (order.total === 0) then(dueAt(order), "orders confirms it (sweeper)");
      else
        then(
          order.expiresAt,
          "the hold lapses (timer, then sweeper): the payment is closed, then the copies are freed",
        );
      break;
    case "closing":
      then(dueAt(order), "orders asks payments again whether it is closed (sweeper)");
      break;
    case "paid":
      then(dueAt(order), "orders tries to deliver again (sweeper)");
      then(order.paidAt! + DELIVER_WITHIN, "if the goods still cannot be delivered, the buyer gets the money back");
      break;
    case "refunding":
      then(dueAt(order), "orders asks payments again about the refund (sweeper)");
      break;
  }
  if (payment && MOVING.includes(payment.state)) then(dueAt(payment), "payments asks the provider again (sweeper)");
  for (const hint of hints)
    if (hint.state === "new") then(dueAt(hint), `the inbox acts upon ${hint.type} ${hint._id} again (sweeper)`);
  return { waitsFor, next: next.sort((a, b) => a.at - b.at) };
}

function waitingFor({ order, payment, entitlements }: Dossier): string {
  switch (order.state) {
    case "reserving":
      return "inventory's verdict: whether every line can be held";
    case "reserved":
      if (order.total === 0) return "orders, to confirm it: there is nothing to pay";
      if (payment?.state === "succeeded") return "the fact payment.succeeded, to arrive at orders";
      if (payment?.intent) return `the buyer, who was given the means to pay (${payment.intent}) and has not paid yet`;
      return "the buyer, who has not begun to pay";
    case "closing":
      if (payment?.state === "cancelled") return "inventory, to confirm that every copy is free";
      if (payment?.state === "succeeded") return "orders, to see that it was paid after all";
      return payment?.intent
        ? `the provider, to say what became of ${payment.intent} after the cancel`
        : "payments, to close the payment";
    case "paid": {
      const granted = entitlements.filter(({ state }) => state === "active").length;
      return `the goods: ${granted} of ${slots(order)} copies are granted`;
    }
    case "refunding":
      return order.refund?.status === "failed"
        ? "a person: the bank refused the refund, so pay the buyer back by other means"
        : "the provider, to bring the refund to an end";
    case "fulfilled":
      return "nothing: it rests, and only a refund or a lost dispute moves it";
    default:
      return "nothing: it is over";
  }
}

const slots = ({ lines }: OrderForOperators): number => lines.reduce((sum, { quantity }) => sum + quantity, 0);
