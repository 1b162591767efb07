import { defineService } from "../index.ts";
import { audit, type Fault } from "./audit.contract.ts";
import { faultsIn, type Books } from "./invariants.ts";

/** Time between the two readings, ms: work in flight has moved on by then. */
const APART = 2000;
/** How many documents of a store are read at a time. */
const PAGE = 2000;

const SOURCES = {
  orders: "orders.changes",
  units: "inventory.changes",
  reservations: "reservations.changes",
  uses: "uses.changes",
  payments: "payments.changes",
  entitlements: "delivery.changes",
} as const;

/** Holds the stores of all services against each other. */
export default defineService(audit)({
  methods: {
    async read(): Promise<Books> {
      const stores = Object.entries(SOURCES).map(async ([name, action]) => {
        const rows: unknown[] = [];
        for (let after: string | null = ""; after !== null;) {
          const page: { rows: unknown[]; next: string | null } = await this.broker.call(action, { after, limit: PAGE });
          rows.push(...page.rows);
          after = page.next;
        }
        return [name, rows];
      });
      return Object.fromEntries(await Promise.all(stores)) as Books;
    },
  },

  actions: {
    async run() {
      const first = faultsIn(await this.read());
      if (first.length) await this.runtime.sleep(APART);
      const books = await this.read();
      const seen = new Set(first.map(name));
      const faults = first.length ? faultsIn(books).filter((fault) => seen.has(name(fault))) : [];
      return {
        faults,
        counted: Object.fromEntries(Object.entries(books).map(([store, docs]) => [store, docs.length])),
      };
    },
  },
});

const name = ({ rule, service, id }: Fault): string => `${service} ${id} ${rule}`;
