import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { TestCluster } from "../tests/cluster.ts";
import { atMost, rounded, shown, type Claim } from "./claims.ts";
import { cpuOf, crowd, median, quiet, residentOf } from "./meter.ts";
import { Person, send, textOf } from "./person.ts";
import { callsOverNats } from "./remote.ts";
import { Sales } from "./sales.ts";

/** Buyers at a time. */
const CROWD = 64;
const WARM_UP = 400;
const ROUNDS = 3;
const ROUND = 200;
const RUSH = { buyers: 500, copies: 50 };
const LISTS = 1500;
/** By then the code of a list is compiled. */
const LISTS_BEFORE = 3000;
/** Items of a full page. */
const PAGE = 20;
const RESTARTS = 5;
const IDLE = 5000;

/** A process that is measured: a service's, or a server's. */
interface Process {
  name: string;
  pid: number;
}

/** Every service as a process of its own; the database stays apart, since its stand-in scans instead of using indexes. */
export async function cluster(): Promise<Claim[]> {
  const missing = TestCluster.missing();
  if (missing) throw new Error(`The cluster cannot be measured here: ${missing}`);
  const shop = await TestCluster.start({ replicas: 1 });
  try {
    return [
      ...(await purchase(shop)),
      ...(await rush(shop)),
      ...(await list(shop)),
      ...resident(shop),
      ...(await ready(shop)),
      ...(await callsOverNats(shop.nats.url)),
    ];
  } finally {
    await shop.stop();
  }
}

const processesOf = ({ cluster: { workers }, nats, redis }: TestCluster): Process[] => [
  ...workers.map(({ name, pid }) => ({ name, pid: pid! })),
  { name: "NATS", pid: nats.pid! },
  { name: "Redis", pid: redis.pid! },
];

/** CPU time of each process per operation, ms, with all that it does after its answers. */
async function cpuOfEach(processes: Process[], operations: number, work: () => Promise<unknown>): Promise<number[]> {
  const before = processes.map(({ pid }) => cpuOf(pid));
  await work();
  // Heartbeats keep all of them a little busy: the one that has most to do is waited for.
  await quiet(processes[0]!.pid);
  return processes.map(({ pid }, n) => (cpuOf(pid) - before[n]!) / operations);
}

/** What all of them use together when nothing happens, ms of CPU a ms. */
async function idleOf(processes: Process[]): Promise<number> {
  const total = () => processes.reduce((sum, { pid }) => sum + cpuOf(pid), 0);
  const before = total();
  await sleep(IDLE);
  return (total() - before) / IDLE;
}

/** Reserve, pay, confirm, webhook, deliver. The sandbox is Stripe's part and counts for nobody. */
async function purchase(shop: TestCluster): Promise<Claim[]> {
  const seller = await new Person(shop.url()).signUp();
  const item = await seller.sell(WARM_UP + ROUNDS * ROUND);
  const buyers = Array.from({ length: CROWD }, () => new Person(shop.url()));
  // Passwords are dear on purpose, and more than a few at a time are refused.
  await crowd(CROWD, 4, (n) => buyers[n]!.signUp());
  const sales = await Sales.of(seller);
  const buy = async (n: number) => {
    const order = await buyers[n % CROWD]!.reserve(item);
    await buyers[n % CROWD]!.pay(order);
    await sales.fulfilled(order);
  };
  await crowd(WARM_UP, CROWD, buy);
  const processes = processesOf(shop).filter(({ name }) => name !== "sandbox");
  const idle = await idleOf(processes);
  const figures: number[][] = [];
  const began = performance.now();
  for (let round = 0; round < ROUNDS; round++)
    figures.push(await cpuOfEach(processes, ROUND, () => crowd(ROUND, CROWD, buy)));
  const perPurchase = (performance.now() - began) / (ROUNDS * ROUND);
  const each = processes.map(({ name }, n) => ({ name, cpu: median(figures.map((figure) => figure[n]!)) }));
  const total = each.reduce((sum, { cpu }) => sum + cpu, 0);
  const busiest = each.toSorted((a, b) => b.cpu - a.cpu).map(({ name, cpu }) => `${name} ${rounded(cpu)}`);
  return [
    atMost(`a purchase, CPU of all services, NATS and Redis, ${CROWD} at a time`, 15, "ms", total),
    shown("of it, ms", busiest.join(", ")),
    // The database of the bench is slow, and meanwhile all of them send each other signs of life.
    shown("of it, what they use when nothing happens", `${rounded(idle * perPurchase)} ms`),
  ];
}

async function rush(shop: TestCluster): Promise<Claim[]> {
  const { buyers, copies } = RUSH;
  const seller = await new Person(shop.url()).signUp();
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const item = await seller.sell(copies);
    const crowdOf = Array.from({ length: buyers }, () => new Person(shop.url()));
    const start = performance.now();
    const answers = await Promise.all(
      crowdOf.map((buyer) => buyer.reserve(item, { email: `${randomUUID()}@example.com` })),
    );
    times.push((performance.now() - start) / 1000);
    const refused = answers.filter((answer) => answer === "SOLD_OUT").length;
    if (refused !== buyers - copies) throw new Error(`${refused} of ${buyers} buyers were refused`);
  }
  return [atMost(`${buyers} buyers at once for ${copies} copies: all answered within`, 4, "s", median(times))];
}

async function list(shop: TestCluster): Promise<Claim[]> {
  const gateway = shop.cluster.of("api")[0]!.pid!;
  const seller = await new Person(shop.url()).signUp();
  for (let n = 0; n < PAGE; n++) await seller.sell(1);
  const get = async () => void (await textOf(await send(`${shop.url()}/api/items?pageSize=${PAGE}`)));
  await crowd(LISTS_BEFORE, 32, get);
  const figures: number[] = [];
  for (let round = 0; round < ROUNDS; round++)
    figures.push((await cpuOfEach([{ name: "api", pid: gateway }], LISTS, () => crowd(LISTS, 32, get)))[0]!);
  return [atMost("a list page, CPU of the gateway", 1, "ms", median(figures))];
}

function resident({ cluster: { workers } }: TestCluster): Claim[] {
  const sizes = workers.map(({ name, services, pid }) => ({ name, services, size: residentOf(pid!) }));
  const gateway = sizes.find(({ services }) => services === "api")!;
  const services = sizes.filter(({ services: role }) => role !== "api" && role !== "sandbox");
  const largest = services.toSorted((a, b) => b.size - a.size);
  const names = largest.map(({ name, size }) => `${name} ${rounded(size)}`).join(", ");
  return [
    atMost("resident, the largest service's process", 150, "MB", largest[0]!.size),
    shown("each, MB", names),
    atMost("resident, the gateway's", 220, "MB", gateway.size),
  ];
}

/** From the start of a process to its ready probe, its servers being there. */
async function ready(shop: TestCluster): Promise<Claim[]> {
  const [worker] = shop.cluster.of("orders");
  const times: number[] = [];
  for (let round = 0; round < RESTARTS; round++) {
    await worker!.stop();
    const start = performance.now();
    worker!.start();
    await worker!.answers();
    times.push((performance.now() - start) / 1000);
  }
  return [atMost("a process, from its start to ready", 3, "s", median(times))];
}
