import { numberIn, type Operation } from "./operation.ts";
import { table } from "./table.ts";
import { local, relative, when } from "./time.ts";

/** How long the books of all services may take to be read twice, ms. */
const AUDIT_WITHIN = 120_000;
/** A round of all sweepers: each document may wait for the provider, ms. */
const SWEEP_WITHIN = 60_000;
const SWEPT = ["orders", "payments", "inbox", "inventory", "reservations", "items", "waitlist"];

export const audit: Operation = {
  name: "audit",
  summary: "Hold the books of all services against each other; exit code 1 when something breaks an invariant",
  examples: ["audit", "audit --json"],
  async run(node) {
    const { faults, counted } = await node.call("audit.run", {}, { timeout: AUDIT_WITHIN });
    const read = Object.entries(counted)
      .map(([store, count]) => `${count} ${store}`)
      .join(", ");
    return {
      data: { faults, counted },
      bad: faults.length > 0,
      show({ width }) {
        if (!faults.length) return `The books agree: ${read}.`;
        const columns = [{ title: "service" }, { title: "document" }, { title: "what it breaks" }, { title: "found" }];
        const rows = faults.map(({ service, id, rule, detail }) => [service, id, rule, detail]);
        return `${table(columns, rows, width)}\n\n${faults.length} broken in both readings; read: ${read}`;
      },
    };
  },
};

export const auditRecords: Operation = {
  name: "audit records",
  flags: { order: "ID", limit: "N" },
  summary: "What operators did, the newest first",
  examples: ["audit records", "audit records --order 4xq5n2vj7lq3k6o2y5s3m7a4ze"],
  async run(node, { flags }) {
    const pageSize = numberIn(flags, "limit", { most: 100, fallback: 20 });
    const about = flags["order"] === undefined ? {} : { order: flags["order"] };
    const { rows, total } = await node.call("audit.records", { pageSize, ...about });
    return {
      data: { rows, total },
      show({ width, now }) {
        if (!rows.length) return "No records.";
        const columns = ["at", "", "operator", "command", "target", "outcome"].map((title) => ({ title }));
        const cells = rows.map(({ at, operator, command, target, outcome }) => [
          ...[local(Date.parse(at)), relative(Date.parse(at), now), operator, command, target, outcome],
        ]);
        return `${table(columns, cells, width)}\n\n${rows.length} of ${total}`;
      },
    };
  },
};

export const sweep: Operation = {
  name: "sweep",
  target: "[service]",
  summary: "One round of the sweepers now: everything overdue is driven on",
  examples: ["sweep", "sweep orders", "sweep --yes"],
  targets: () => SWEPT,
  question: (service) => `Drive everything on that is overdue ${service ? `in ${service}` : "in all services"}?`,
  async run(node, { target, operator }) {
    const asked = target ? { service: target } : {};
    const data = await node.call("audit.sweep", asked, { timeout: SWEEP_WITHIN, meta: { operator } });
    return {
      data,
      bad: data.rows.some(({ error }) => error !== null),
      show({ width }) {
        const columns = [{ title: "service" }, { title: "driven", align: "right" }, { title: "" }] as const;
        const rows = data.rows.map(({ service, driven, error }) => [service, String(driven), error ?? ""]);
        return table(columns, rows, width);
      },
    };
  },
};

export const queue: Operation = {
  name: "queue",
  summary: "The wake-ups of orders at their deadlines: waiting, running, given up",
  examples: ["queue"],
  async run(node) {
    const { next, ...counts } = await node.call("expiration.queue", {});
    return {
      data: { ...counts, next: next === null ? null : new Date(next).toISOString() },
      show({ width, now }) {
        const { delayed, waiting, active, failed } = counts;
        const columns = ["not due yet", "due", "running", "given up"].map(
          (title) => ({ title, align: "right" }) as const,
        );
        const sums = table(columns, [[delayed, waiting, active, failed].map(String)], width);
        return `${sums}\n\n${next === null ? "Nothing is to be woken up." : `The next one is due ${when(next, now)}`}`;
      },
    };
  },
};
