// A crowd that shops: `node tests/crowd.ts URL… --buyers 50 --seconds 60` prints its report and exits with 1 when anything
// failed. The shop must run with RATE_LIMIT=off: to it the crowd is one network.
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { Patient, type Tally } from "./patient.ts";
import { purchase, repeated, type Plan, type Purchase } from "./purchase.ts";
import { Shelf } from "./shelf.ts";

/** Most pay; one in ten is declined first, one cancels, one goes away. */
const PLANS: Plan[] = ["pays", "pays", "declined", "pays", "cancels", "pays", "pays", "abandons", "pays", "pays"];
/** How many repeat their requests at a time. */
const AT_A_TIME = 10;
/** States that nothing but a person moves on. */
const RESTING = ["reserved", "fulfilled", "expired", "cancelled", "refunded"];

export interface CrowdOptions {
  /** 50 by default; every other one has an account, the rest are guests. */
  buyers?: number;
  /** How long a buyer thinks between two purchases, on the average, ms. */
  pause?: number;
}

export interface Report {
  purchases: number;
  fulfilled: number;
  /** Requests that were made again under the same key: after a 503, a 429, or no answer at all. */
  retried: number;
  /** Purchases that went wrong, with what went wrong. */
  failed: Pick<Purchase, "key" | "plan" | "orders" | "statuses" | "faults">[];
  /** From the first request to the goods in the library, ms. */
  p50: number;
  p99: number;
  /** How often each HTTP status came, and how often none: `refused`, `cut off` or `late`. */
  replies: Record<string, number>;
}

/** Buyers who shop until they are told to stop, over several gateways, from the HTTP contract alone. */
export class Crowd {
  readonly purchases: Purchase[] = [];
  readonly #urls: readonly string[];
  readonly #pause: number;
  readonly #size: number;
  readonly #tally: Tally = new Map();
  readonly #members: Patient[] = [];
  readonly #buyers = new Map<Purchase, Patient>();
  #shelf!: Shelf;
  #begun = 0;
  #closing = false;
  #shopping: Promise<unknown> = Promise.resolve();

  constructor(urls: readonly string[], { buyers = 50, pause = 1000 }: CrowdOptions = {}) {
    this.#urls = urls;
    this.#size = buyers;
    this.#pause = pause;
  }

  /** Puts goods on the shelf and signs up who has an account. Rejects when the shop does not let them. */
  async open(): Promise<this> {
    this.#shelf = await Shelf.open(await this.#member("Sella"));
    for (let n = 0; n < this.#size / 2; n++) this.#members.push(await this.#member(`Buya ${n}`));
    return this;
  }

  start(): void {
    this.#closing = false;
    this.#shopping = Promise.all(Array.from({ length: this.#size }, (_, n) => this.#shop(n)));
  }

  /** Nobody begins another purchase; resolves with the report when all that were begun have ended. */
  async stop(): Promise<Report> {
    this.#closing = true;
    await this.#shopping;
    return this.report();
  }

  /** Once the shop is at rest: every request again under its key finds the same order, in the state it has to be in. */
  async repeat(): Promise<Report> {
    const left = this.purchases.filter(({ orders }) => orders.length === 1);
    const work = async () => {
      for (let record = left.pop(); record; record = left.pop()) {
        const status = await repeated(this.#buyers.get(record)!, record).catch((error: Error) => error.message);
        const wanted = { pays: ["fulfilled"], declined: ["fulfilled"], cancels: ["cancelled"], abandons: RESTING };
        if (!wanted[record.plan].includes(status)) record.faults.push(`in the end: ${status}`);
      }
    };
    await Promise.all(Array.from({ length: AT_A_TIME }, work));
    return this.report();
  }

  report(): Report {
    const done = this.purchases.filter(({ statuses }) => statuses.includes("fulfilled"));
    const times = done.map(({ ms }) => ms).sort((a, b) => a - b);
    const quantile = (part: number) => Math.round(times[Math.floor(part * (times.length - 1))] ?? 0);
    const twice = soldTwice(this.purchases);
    const failed = this.purchases.filter(
      ({ faults, goods }) => faults.length > 0 || goods.some((one) => twice.has(one)),
    );
    return {
      purchases: this.purchases.length,
      fulfilled: done.length,
      retried: this.purchases.reduce((sum, { retries }) => sum + retries, 0),
      failed: failed.map(({ key, plan, orders, statuses, faults, goods }) => ({
        ...{ key, plan, orders, statuses },
        faults: [...faults, ...goods.filter((one) => twice.has(one)).map((one) => `sold twice: ${one}`)],
      })),
      p50: quantile(0.5),
      p99: quantile(0.99),
      replies: Object.fromEntries([...this.#tally].sort(([a], [b]) => a.localeCompare(b))),
    };
  }

  async #shop(n: number): Promise<void> {
    await sleep(Math.random() * this.#pause);
    while (!this.#closing) {
      const plan = PLANS[this.#begun++ % PLANS.length]!;
      const { item, kind } = await this.#shelf.take();
      const member = this.#members[n];
      const buyer = member ?? new Patient(this.#urls, this.#tally, n);
      const wish = { plan, item, kind, ...(!member && { email: `${randomUUID()}@example.com` }) };
      const record = await purchase(buyer, wish);
      this.#buyers.set(record, buyer);
      this.purchases.push(record);
      await sleep(Math.random() * 2 * this.#pause);
    }
  }

  async #member(name: string): Promise<Patient> {
    const person = new Patient(this.#urls, this.#tally);
    const account = { email: `${randomUUID()}@example.com`, password: "a long password", name };
    await person.ok(person.post("/api/auth/signup", account));
    return person;
  }
}

/** Numbered copies and keys that more than one buyer holds. */
function soldTwice(purchases: Purchase[]): Set<string> {
  const seen = new Set<string>();
  return new Set(purchases.flatMap(({ goods }) => goods).filter((one) => seen.size === seen.add(one).size));
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { buyers: { type: "string", default: "50" }, seconds: { type: "string", default: "60" } },
  });
  const crowd = await new Crowd(positionals, { buyers: Number(values.buyers) }).open();
  crowd.start();
  await sleep(Number(values.seconds) * 1000);
  await crowd.stop();
  const report = await crowd.repeat();
  process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  process.exitCode = report.failed.length ? 1 : 0;
}

if (import.meta.main) await main();
