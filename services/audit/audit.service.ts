import type { Meta } from "../../core/contract.ts";
import { fail, typeOf } from "../../core/errors.ts";
import { Bus } from "../../mixins/bus/bus.ts";
import { defineService } from "../define.ts";
import { DEFAULT_PAGE_SIZE } from "../schemas.ts";
import { audit, type Fault, type Letter } from "./audit.contract.ts";
import { dossier } from "./dossier.ts";
import { explain } from "./explain.ts";
import { faultsIn, type Books } from "./invariants.ts";
import { toLetter } from "./letter.ts";

/** Time between the two readings, ms: work in flight has moved on by then. */
const APART = 2000;
/** How many documents of a store are read at a time. */
const PAGE = 2000;
/** How long one of these pages may take, ms. */
const PAGE_WITHIN = 20_000;
/** How long a round of a sweeper may take, ms: each document may wait for the provider. */
const SWEEP_WITHIN = 30_000;

const SOURCES = {
  orders: "orders.changes",
  units: "inventory.changes",
  reservations: "reservations.changes",
  uses: "uses.changes",
  payments: "payments.changes",
  entitlements: "delivery.changes",
} as const;

const SWEEPERS = {
  orders: "orders.sweep",
  payments: "payments.sweep",
  inbox: "inbox.sweep",
  inventory: "inventory.sweep",
  reservations: "reservations.sweep",
  items: "items.sweep",
} as const;

/** Holds the stores of all services against each other, and is where operators see and do what they have to. */
export default defineService(audit)({
  mixins: [Bus()],

  methods: {
    async read(): Promise<Books> {
      const stores = Object.entries(SOURCES).map(async ([name, action]) => {
        const rows: unknown[] = [];
        for (let after: string | null = ""; after !== null;) {
          const page: { rows: unknown[]; next: string | null } = await this.broker.call(
            action,
            { after, limit: PAGE },
            { timeout: PAGE_WITHIN },
          );
          rows.push(...page.rows);
          after = page.next;
        }
        return [name, rows];
      });
      return Object.fromEntries(await Promise.all(stores)) as Books;
    },

    async letters(): Promise<Letter[]> {
      return (await this.bus.dead.list()).map(toLetter);
    },

    async letter(id: string): Promise<Letter> {
      const letter = (await this.letters()).find((one) => one.id === id);
      if (!letter) throw fail("NOT_FOUND");
      return letter;
    },

    /** Does it, and leaves a record that it was begun and what came of it. */
    async recorded<T>(
      { user, operator }: Meta,
      what: { command: string; target: string; order?: string | null },
      work: () => Promise<T>,
    ): Promise<T> {
      const who = user ? `${user.name} (${user.id})` : (operator ?? "unknown");
      const { id } = await this.broker.call("records.begin", { order: null, ...what, operator: who });
      const end = (outcome: string) => this.broker.call("records.end", { id, outcome });
      try {
        const result = await work();
        await end("done");
        return result;
      } catch (error) {
        await end(`failed: ${typeOf(error) ?? (error as Error).name}`);
        throw error;
      }
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

    async explain(ctx) {
      const found = await dossier(this.broker, ctx.params.id, () => this.letters());
      if (!found) throw fail("NOT_FOUND");
      return explain(found, this.runtime.now());
    },

    async letters(ctx) {
      const { page = 1, pageSize = DEFAULT_PAGE_SIZE } = ctx.params;
      const all = await this.letters();
      return { rows: all.slice((page - 1) * pageSize, page * pageSize), total: all.length, page, pageSize };
    },

    letter(ctx) {
      return this.letter(ctx.params.id);
    },

    async replay(ctx) {
      const { id, order } = await this.letter(ctx.params.id);
      await this.recorded(ctx.meta, { command: "dead replay", target: id, order }, () => this.bus.dead.replay(id));
      return null;
    },

    async drop(ctx) {
      const { id, order } = await this.letter(ctx.params.id);
      await this.recorded(ctx.meta, { command: "dead drop", target: id, order }, () => this.bus.dead.drop(id));
      return null;
    },

    async sweep(ctx) {
      const { service } = ctx.params;
      const asked = Object.entries(SWEEPERS).filter(([one]) => service === undefined || one === service);
      if (!asked.length) throw fail("NOT_FOUND", { services: Object.keys(SWEEPERS) });
      return this.recorded(ctx.meta, { command: "sweep", target: service ?? "all" }, async () => {
        const round = ([one, action]: (typeof asked)[number]) =>
          this.broker.call(action, {}, { timeout: SWEEP_WITHIN }).then(
            ({ driven }) => ({ service: one, driven, error: null }),
            (error: Error) => ({ service: one, driven: 0, error: typeOf(error) ?? error.name }),
          );
        return { rows: await Promise.all(asked.map(round)) };
      });
    },

    async drain(ctx) {
      const { node } = ctx.params;
      if (!this.broker.transit) throw fail("FORBIDDEN", {}, "The whole shop is this one process: stop it instead");
      const known = this.broker.registry.getNodeList({ onlyAvailable: true }).map(({ id }: { id: string }) => id);
      if (!known.includes(node)) throw fail("NOT_FOUND", { nodes: known });
      // Moleculer's own service of every node, which is in no contract.
      const { call } = this.broker as unknown as { call(name: string, params: object, opts: object): Promise<void> };
      await this.recorded(ctx.meta, { command: "drain", target: node }, () =>
        call.call(this.broker, "$node.drain", {}, { nodeID: node }),
      );
      return null;
    },

    records(ctx) {
      return this.broker.call("records.list", ctx.params);
    },
  },
});

const name = ({ rule, service, id }: Fault): string => `${service} ${id} ${rule}`;
