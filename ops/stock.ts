import { fail } from "../core/errors.ts";
import type { Hold, Unit } from "../services/inventory/inventory.contract.ts";
import { numberIn, type Operation, type Screen } from "./operation.ts";
import { buyerKind } from "./orders.ts";
import { plain, table } from "./table.ts";
import { relative, when } from "./time.ts";

export const holds: Operation = {
  name: "holds",
  flags: { limit: "N" },
  summary: "Copies that are held just now, the next to lapse first",
  examples: ["holds", "holds --limit 500"],
  async run(node, { flags }) {
    const limit = numberIn(flags, "limit", { most: 1000, fallback: 50 });
    const { rows, total } = await node.call("inventory.holds", { limit });
    const shown = rows.map((row) => ({
      ...row,
      buyer: buyerKind(row.buyer),
      until: new Date(row.until).toISOString(),
    }));
    return {
      data: { rows: shown, total },
      show: (screen) => (rows.length ? held(rows, total, screen) : "Nothing is held."),
    };
  },
};

function held(rows: Hold[], total: number, { width, now }: Screen): string {
  const columns = ["item", "copy", "order", "buyer", "until", "left"].map((title) => ({ title }));
  const cells = rows.map(({ item, serial, order, buyer, until }) => [
    ...[item, serial === null ? "a key" : `#${serial}`, order, buyerKind(buyer), when(until, now).slice(0, 19)],
    until < now ? `overdue: ${relative(until, now)}` : relative(until, now),
  ]);
  return `${table(columns, cells, width)}\n\n${rows.length} of ${total}`;
}

/** How many copies of each state are named one by one. */
const NAMED = 200;

export const stock: Operation = {
  name: "stock",
  target: "<item>",
  summary: "How many copies of an item there are by state, and who has which",
  examples: ["stock 4xq5n2vj7lq3k6o2y5s3m7a4ze"],
  async targets(node) {
    return (await node.call("items.list", { pageSize: 50 })).rows.map(({ id }) => id);
  },
  async run(node, { target: item }) {
    const [[quote], [counted], ...named] = await Promise.all([
      node.call("items.quote", { ids: [item] }),
      node.call("inventory.stock", { items: [item] }),
      ...(["held", "sold", "retired"] as const).map((state) =>
        node.call("inventory.units", { item, state, limit: NAMED }),
      ),
    ]);
    if (!quote) throw fail("NOT_FOUND");
    const { stock: counts, nextAt } = counted!;
    const units = named.flat();
    const copies = units.map(({ _id, serial, state, order, slot }) => ({ unit: _id, serial, state, order, slot }));
    const { title, kind, forSale } = quote;
    const at = nextAt === null ? null : new Date(nextAt).toISOString();
    return {
      data: { item, title, kind, forSale, ...counts, nextAt: at, copies },
      show: (screen) => {
        const head = `${plain(title)}  (${kind}, ${forSale ? "on sale" : "not on sale"})  ${item}`;
        if (kind === "unlimited") return `${head}\nUnlimited: it has no copies to count.`;
        const { total, available, held: taken, sold } = counts;
        const sums = `${total} copies: ${available} free, ${taken} held, ${sold} sold; retired ones are not among them`;
        const lapse = nextAt === null ? "" : `\nThe next hold lapses ${when(nextAt, screen.now)}`;
        return `${head}\n${sums}${lapse}${
          units.length
            ? `\n\n${named
                .map((some) => owned(some, screen))
                .filter(Boolean)
                .join("\n\n")}`
            : ""
        }`;
      },
    };
  },
};

function owned(units: Omit<Unit, "secret">[], { width }: Screen): string {
  if (!units.length) return "";
  const columns = ["copy", "state", "order", "place in the order"].map((title) => ({ title }));
  const cells = units.map(({ _id, serial, state, order = "", slot = "" }) => [
    ...[serial === null ? _id : `#${serial}`, state, order, slot],
  ]);
  const more = units.length === NAMED ? `\n… the first ${NAMED} that are ${units[0]!.state}` : "";
  return table(columns, cells, width) + more;
}
