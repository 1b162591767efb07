import type { Meta } from "../../core/contract.ts";
import { fail, typeOf } from "../../core/errors.ts";
import { Flights } from "../../core/flights.ts";
import { within } from "../../core/runtime.ts";
import { Bus } from "../../mixins/bus/bus.ts";
import { defineService } from "../define.ts";
import { DEFAULT_PAGE_SIZE } from "../schemas.ts";
import { audit, type Letter, type Report } from "./audit.contract.ts";
import { dossier } from "./dossier.ts";
import { explain } from "./explain.ts";
import { faultsIn, inBoth, type Books } from "./invariants.ts";
import { toLetter } from "./letter.ts";
import { masked } from "./mask.ts";
import { toOrderSeen } from "./seen.ts";

/** Time between the two readings, ms: work in flight has moved on by then. */
const APART = 2000;
/** How many documents of a store are read at a time. */
const PAGE = 2000;
/** How long one of these pages may take, ms. */
const PAGE_WITHIN = 20_000;
/** How long a round of a sweeper may take, ms: each document may wait for the provider. */
const SWEEP_WITHIN = 30_000;
/** A reading of whole stores is dear: a report of it is given again for so long, ms. */
const REPORT_FOR = 60_000;
/** How long somebody who asks for a report waits for a new one, ms: less than a call may take. */
const REPORT_WITHIN = 2500;
/** How many violations a report shows. */
const REPORTED = 100;

const SOURCES = {
  orders: "orders.changes",
  units: "inventory.changes",
  reservations: "reservations.changes",
  uses: "uses.changes",
  payments: "payments.changes",
  entitlements: "delivery.changes",
  entries: "waitlist.changes",
} as const;

const SWEEPERS = {
  orders: "orders.sweep",
  payments: "payments.sweep",
  inbox: "inbox.sweep",
  inventory: "inventory.sweep",
  reservations: "reservations.sweep",
  items: "items.sweep",
  waitlist: "waitlist.sweep",
} as const;

/** Holds the stores of all services against each other, and is where operators see and do what they have to. */
export default defineService(audit)({
  mixins: [Bus()],
  state: {} as { reports: Flights<Report>; last: Report | null },

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

    /** What breaks an invariant in two readings, and how many documents there are. */
    async examine() {
      const first = faultsIn(await this.read());
      if (first.length) await this.runtime.sleep(APART);
      const books = await this.read();
      const counted = Object.entries(books).map(([store, docs]) => [store, docs.length] as const);
      return { faults: first.length ? inBoth(first, faultsIn(books)) : [], counted: Object.fromEntries(counted) };
    },

    async newReport(): Promise<Report> {
      const { faults, counted } = await this.examine();
      const at = new Date(this.runtime.now()).toISOString();
      return (this.last = { at, counted, violations: faults.length, faults: masked(faults.slice(0, REPORTED)) });
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
    run() {
      return this.examine();
    },

    async report() {
      const { last, runtime } = this;
      if (last && runtime.now() - Date.parse(last.at) < REPORT_FOR) return last;
      const report = await within(
        runtime,
        REPORT_WITHIN,
        this.reports.run("books", () => this.newReport()),
      );
      // It is being read on, and whoever comes again gets it.
      if (!report) throw fail("TRY_AGAIN");
      return report;
    },

    async orders(ctx) {
      const { rows, ...list } = await ctx.call("orders.all", ctx.params);
      return { ...list, rows: rows.map(toOrderSeen) };
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

  created() {
    this.reports = new Flights();
    this.last = null;
  },
});
