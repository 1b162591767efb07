import { OrderState } from "../services/orders/orders.contract.ts";
import type { OrderForOperators } from "../services/orders/orders.contract.ts";
import type { Explanation } from "../services/audit/audit.contract.ts";
import { numberIn, UsageError, type Operation, type Screen } from "./operation.ts";
import { plain, table } from "./table.ts";
import { local, relative, span, when } from "./time.ts";

const STATES = (OrderState as unknown as { enum: string[] }).enum;

const euros = (cents: number): string => `${(cents / 100).toFixed(2)} €`;
export const buyerKind = (buyer: string): string => (buyer.startsWith("guest-") ? "guest" : "user");

/** What ids an operator may mean: the latest orders. */
const latestOrders: NonNullable<Operation["targets"]> = async (node) =>
  (await node.call("orders.all", { pageSize: 50 })).rows.map(({ _id }) => _id);

export const ordersList: Operation = {
  name: "orders list",
  flags: { state: "STATE", limit: "N" },
  summary: "The latest orders, of one state where it is given",
  examples: ["orders list", "orders list --state closing --limit 50"],
  values: { state: STATES },
  async run(node, { flags }) {
    const { state } = flags;
    if (state !== undefined && !STATES.includes(state))
      throw new UsageError(`--state should be one of ${STATES.join(", ")}`);
    const pageSize = numberIn(flags, "limit", { most: 100, fallback: 20 });
    const params = { pageSize, ...(state && { state: state as OrderForOperators["state"] }) };
    const { rows, total } = await node.call("orders.all", params);
    return {
      data: { rows: rows.map(toRow), total },
      show: (screen) => (rows.length ? listed(rows, total, screen) : `No orders${state ? ` are ${state}` : ""}.`),
    };
  },
};

const toRow = ({ _id, state, total, buyer, email, seller, lines, createdAt, expiresAt }: OrderForOperators) => ({
  ...{ id: _id, state, total, buyer, email, seller },
  lines: lines.map(({ itemId, title, quantity }) => ({ item: itemId, title, quantity })),
  createdAt: new Date(createdAt).toISOString(),
  expiresAt: new Date(expiresAt).toISOString(),
});

function listed(rows: OrderForOperators[], total: number, { width, now }: Screen): string {
  const columns = [
    { title: "order" },
    { title: "state" },
    { title: "created" },
    { title: "" },
    { title: "total", align: "right" },
    { title: "buyer" },
    { title: "what", narrow: "cut" },
  ] as const;
  const cells = rows.map(({ _id, state, createdAt, total: sum, buyer, lines }) => [
    ...[_id, state, local(createdAt), relative(createdAt, now), euros(sum), buyerKind(buyer)],
    lines.map(({ quantity, title }) => `${quantity} × ${title}`).join(", "),
  ]);
  return `${table(columns, cells, width)}\n\n${rows.length} of ${total}`;
}

export const ordersExplain: Operation = {
  name: "orders explain",
  target: "<id>",
  summary: "The whole life of an order across services, what it waits for, and what comes next",
  examples: ["orders explain 4xq5n2vj7lq3k6o2y5s3m7a4ze"],
  targets: latestOrders,
  async run(node, { target }) {
    const data = await node.call("audit.explain", { id: target }, { timeout: 10_000 });
    return { data, show: (screen) => explained(data, screen) };
  },
};

const ISO = /\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g;

/** The explanation on paper: head, timeline, copies, outlook. */
function explained({ order, events, units, waitsFor, next }: Explanation, { width, now }: Screen): string {
  const began = Date.parse(events[0]?.at ?? "");
  const head = [
    `Order ${order.id}   ${order.state.toUpperCase()}   ${euros(order.total.amount)}`,
    `Buyer ${order.buyer}${order.email ? ` (${order.email})` : ""}   Seller ${plain(order.seller.name)} (${order.seller.id})`,
    ...order.lines.map(({ quantity, title, kind, item, serials }) => {
      const numbers = serials.length ? `  #${serials.join(" #")}` : "";
      return `  ${quantity} × ${plain(title)}  (${kind}, ${item})${numbers}`;
    }),
    `Times are local; it began ${when(began, now)}`,
  ];
  const columns = [
    { title: "time" },
    { title: "after", align: "right" },
    { title: "service" },
    { title: "what" },
    { title: "detail", narrow: "wrap" },
  ] as const;
  const rows = events.map(({ at, service, what, detail }) => {
    const time = Date.parse(at);
    const told = detail.replace(ISO, (iso) => local(Date.parse(iso)));
    return [local(time, { millis: true }).slice(11), `+${span(time - began)}`, service, what, told];
  });
  const copies = units.map(({ id, slot, state }) => `  ${id}  ${state}  in ${slot}`);
  const soon = next.map(({ at, what }) => `  ${when(Date.parse(at), now)}: ${what}`);
  return [
    ...[...head, "", table(columns, rows, width)],
    ...(copies.length ? ["", "Copies now", ...copies] : []),
    ...["", `It waits for ${waitsFor}.`],
    ...(soon.length ? ["Next", ...soon] : []),
  ].join("\n");
}
