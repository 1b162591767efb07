import { money } from "../schemas.ts";
import type { Explanation } from "./audit.contract.ts";
import type { Dossier } from "./dossier.ts";
import { masked } from "./mask.ts";
import { outlook } from "./outlook.ts";

interface Event {
  at: number;
  service: string;
  what: string;
  detail: string;
  /** Between events of the same ms: what sets others going is told before them, what ends them after them. */
  rank?: number;
}

const iso = (at: number): string => new Date(at).toISOString();

/** The one timeline of an order, out of what every service kept of it. */
export function explain(dossier: Dossier, now: number): Explanation {
  const { order, units } = dossier;
  const { waitsFor, next } = outlook(dossier);
  const events = [...ofOrder(dossier, now), ...ofStock(dossier), ...ofMoney(dossier), ...ofGoods(dossier)];
  const all = [...ofWaiting(dossier), ...events, ...ofOperators(dossier)].sort(
    (a, b) => a.at - b.at || (a.rank ?? 1) - (b.rank ?? 1),
  );
  return masked({
    order: {
      id: order._id,
      state: order.state,
      total: money(order.total),
      buyer: order.buyer,
      email: order.email,
      seller: order.seller,
      lines: order.lines.map(({ itemId, title, kind, quantity, serials }) => ({
        item: itemId,
        ...{ title, kind, quantity, serials },
      })),
    },
    events: all.map(({ at, service, what, detail }) => ({ at: iso(at), service, what, detail })),
    units: units.map(({ _id, slot, state }) => ({ id: _id, slot: slot!, state })),
    waitsFor,
    next: next.map(({ at, what }) => ({ at: iso(at), what })),
  });
}

const OPENING = ["order.closing", "order.refunding"];

/** A fact is told within moments, and its note in the document is cleared a moment later. After this time it hangs, ms. */
const TOLD_WITHIN = 2000;

function ofOrder({ order }: Dossier, now: number): Event[] {
  const { createdAt, lines, history, refusal, outbox = [] } = order;
  const untold = new Set(outbox.filter(({ at }) => now - at > TOLD_WITHIN).map(({ type }) => type));
  const asked = lines.map(({ quantity, title }) => `${quantity} × ${title}`).join(", ");
  return [
    { at: createdAt, service: "orders", what: "created", detail: asked, rank: 0 },
    // An order that the catalogue alone refused never had a history.
    ...(refusal && !history.length
      ? [{ at: createdAt, service: "orders", what: "order.rejected", detail: refusal.type }]
      : []),
    ...history.map(({ at, type, data }) => ({
      at,
      service: "orders",
      what: type,
      detail: [said(data), untold.has(type) && "(not yet told on the bus)"].filter(Boolean).join(" "),
      rank: OPENING.includes(type) ? 0 : 3,
    })),
  ];
}

const WAITING: Record<string, string> = {
  joining: "joined the line",
  waiting: "waits",
  granting: "a copy came back for them",
  granted: "the copy is held for them",
  done: "they bought it",
  lapsed: "they let it go",
};

/** How whoever waited came to the order; nothing where it was simply asked for. */
function ofWaiting({ entry }: Dossier): Event[] {
  const history = entry?.history ?? [];
  const joined = history.findLastIndex(({ state }) => state === "joining");
  return history
    .slice(Math.max(0, joined))
    .map(({ at, state }) => ({ at, service: "waitlist", what: WAITING[state] ?? state, detail: "", rank: 0 }));
}

const STOCK: Record<string, string> = {
  open: "asked to hold",
  held: "every line is held",
  refused: "nothing is held",
  released: "released",
  clear: "it is confirmed that nothing is held",
};

function ofStock({ reservation }: Dossier): Event[] {
  const { refusal, until } = reservation ?? {};
  return (reservation?.history ?? []).map(({ at, state }) => ({
    at,
    service: "inventory",
    what: STOCK[state] ?? state,
    // Copies are released once the payment is closed, and never before.
    rank: state === "released" || state === "clear" ? 2 : 1,
    detail: state === "held" ? `until ${iso(until!)}` : state === "refused" ? (refusal?.type ?? "") : "",
  }));
}

function ofMoney({ payment, hints }: Dossier): Event[] {
  const service = "payments";
  return [
    // From before there was a history.
    ...(payment && !payment.history
      ? [{ at: payment.createdAt, service, what: "payment created", detail: `it is ${payment.state} now` }]
      : []),
    ...(payment?.history ?? []).map(({ at, state, note = "" }, n, all) => ({
      at,
      service,
      what: state === all[n - 1]?.state ? "payment" : `payment ${state}`,
      detail: note,
    })),
    ...(payment?.calls ?? []).map(({ at, name, attempt, outcome, ms }) => ({
      at,
      service: "provider",
      what: name + (attempt === undefined ? "" : `, attempt ${attempt}`),
      detail: `${outcome} (${ms} ms)`,
    })),
    ...hints.flatMap(({ _id, type, at, doneAt, failures, error }) => [
      ...(at === undefined ? [] : [{ at, service: "webhook", what: type, detail: `${_id} came` }]),
      ...(doneAt === undefined
        ? []
        : [{ at: doneAt, service: "webhook", what: type, detail: `${_id} has had its effect`, rank: 3 }]),
      ...(failures && doneAt === undefined && at !== undefined
        ? [{ at, service: "webhook", what: type, detail: `${_id} failed ${failures} times so far: ${error}` }]
        : []),
    ]),
  ];
}

function ofGoods({ entitlements }: Dossier): Event[] {
  const together = new Map<string, Event & { slots: string[] }>();
  const add = (at: number, what: string, slot: string) => {
    const key = `${at} ${what}`;
    const known = together.get(key) ?? { at, service: "delivery", what, detail: "", slots: [] };
    known.slots.push(slot);
    together.set(key, known);
  };
  for (const { _id, at, revokedAt } of entitlements) {
    if (revokedAt !== at) add(at, "granted", _id);
    if (revokedAt !== undefined) add(revokedAt, "revoked", _id);
  }
  return [...together.values()].map(({ slots, ...event }) => ({ ...event, detail: slots.join(" ") }));
}

function ofOperators({ letters, records }: Dossier): Event[] {
  return [
    ...letters.map(({ id, group, type, error, attempts, at }) => ({
      at: Date.parse(at),
      service: "bus",
      what: `dead letter ${id}`,
      detail: `${group} gave ${type} up after ${attempts} attempts: ${error.type}: ${error.message}`,
    })),
    ...records.map(({ at, operator, command, target, outcome }) => ({
      at: Date.parse(at),
      service: "operator",
      what: `${command} ${target}`,
      detail: `${operator}: ${outcome}`,
    })),
  ];
}

/** "why=expired, expiresAt=2026-01-01T00:00:00.000Z" */
function said(data: Record<string, unknown>): string {
  const word = (name: string, value: unknown) =>
    typeof value === "number" && name.endsWith("At") ? iso(value) : String(value);
  const told = Object.entries(data).filter(([, value]) => value !== null && typeof value !== "object");
  return told.map(([name, value]) => `${name}=${word(name, value)}`).join(", ");
}
