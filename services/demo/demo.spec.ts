import { afterEach, describe, expect, jest, test } from "@jest/globals";
import type { Service, ServiceBroker } from "moleculer";
import { systemRuntime, type Runtime } from "../../core/runtime.ts";
import type { FilesHandle } from "../../mixins/files/files.ts";
import { testBroker, type TestBroker, type TestBrokerOptions } from "../../tests/broker.ts";
import { sellers } from "./catalogue.ts";
import demo from "./demo.service.ts";
import { Shop } from "./shop.stub.ts";

const WHOLE = sellers.flatMap(({ listings }) => listings.map(({ title }) => title)).toSorted();
/** Waits of the service are cut short. */
const hasty: Runtime = { ...systemRuntime(), after: (_ms, run) => systemRuntime().after(1, run) };

type Demo = Service & { filling: Promise<void>; files: FilesHandle };
const running: TestBroker[] = [];
afterEach(async () => {
  jest.restoreAllMocks();
  for (const each of running.splice(0)) await each.stop();
});

async function open(shop: Shop, options: TestBrokerOptions & { before?: (broker: ServiceBroker) => void } = {}) {
  const { before, ...rest } = options;
  const opened = testBroker({ runtime: hasty, services: [...shop.services(), demo], ...rest });
  running.push(opened);
  before?.(opened.broker);
  const service = opened.broker.getLocalService("demo") as Demo;
  const said = jest.spyOn(service.logger, "info");
  await opened.broker.start();
  return { ...opened, service, said };
}

async function until(holds: () => boolean): Promise<void> {
  for (let polls = 0; !holds(); polls++) {
    if (polls > 1000) throw new Error("waited in vain");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** The `nth` call that changes something is lost before or after its effect, as in a crash; after `end` every call fails. */
function crashAt(broker: ServiceBroker, nth: number, afterEffect: boolean) {
  const crash = { lost: false, over: false, end: () => {} };
  const call = broker.call.bind(broker) as (name: string, ...rest: unknown[]) => Promise<unknown>;
  let calls = 0;
  broker.call = (async (name: string, ...rest: unknown[]) => {
    if (crash.over) throw new Error("lost");
    if (name === "items.list" || name === "auth.ensure" || ++calls < nth) return call(name, ...rest);
    if (afterEffect) await call(name, ...rest);
    return new Promise((_, reject) => {
      crash.end = () => {
        crash.over = true;
        reject(new Error("lost"));
      };
      crash.lost = true;
    });
  }) as never;
  return crash;
}

describe("an empty shop", () => {
  test("gets the whole catalogue and people to try it as", async () => {
    const shop = new Shop();
    const { service, said } = await open(shop);
    await service.filling;
    expect(shop.titles().toSorted()).toEqual(WHOLE);

    // The goods lie in the store.
    for (const { blob, size } of shop.wares.flatMap(({ files }) => files))
      expect(await service.files.stat(blob)).toEqual({ size });

    // The newest come first: of each seller the first of the list, in turns.
    const newest = shop.titles().toReversed().slice(0, 4);
    expect(newest.toSorted()).toEqual(
      sellers.flatMap(({ listings }) => listings.slice(0, 2).map(({ title }) => title)).toSorted(),
    );

    // Three people, whose password is told in one line.
    const emails = ["demo@holdfast.example", ...sellers.map(({ email }) => email)];
    expect([...shop.users.keys()].toSorted()).toEqual(emails.toSorted());
    expect(new Set([...shop.users.values()].map(({ password }) => password))).toEqual(new Set(["holdfast-demo"]));
    expect(said.mock.calls.flat().filter((line) => /demo shop|demo@/.test(String(line)))).toEqual([
      expect.stringMatching(/24 new items.*demo@holdfast\.example.*holdfast-demo/),
    ]);
  });

  test("in production has sellers whose passwords nobody knows, and no demo buyer", async () => {
    const shop = new Shop();
    const { service, said } = await open(shop, { env: { NODE_ENV: "production", DEMO_SHOP: "on", RATE_LIMIT: "on" } });
    await service.filling;
    expect([...shop.users.keys()].toSorted()).toEqual(sellers.map(({ email }) => email).toSorted());
    const passwords = [...shop.users.values()].map(({ password }) => password);
    expect(new Set(passwords).size).toBe(2);
    for (const password of passwords) expect(password).toMatch(/^[\w-]{32}$/);
    expect(JSON.stringify(said.mock.calls)).not.toContain("password");
  });

  test("is not waited for: the start ends before the neighbours are there", async () => {
    const shop = new Shop();
    const { broker } = await open(shop, { services: [demo] });
    expect(shop.users.size).toBe(0);
    for (const late of shop.services()) broker.createService(late);
    await until(() => shop.onSale().length === WHOLE.length);
  });
});

describe("a crash", () => {
  test("again and again, at every seventh step: in the end everything is on sale, and nothing twice", async () => {
    const shop = new Shop();
    let crashes = 0;
    while (shop.onSale().length < WHOLE.length) {
      let crash!: ReturnType<typeof crashAt>;
      const { service, stop } = await open(shop, {
        before: (broker) => (crash = crashAt(broker, 7, crashes % 2 === 1)),
      });
      let done = false;
      void service.filling.then(() => (done = true));
      await until(() => done || crash.lost);
      if (crash.lost) crashes++;
      const stopped = stop();
      crash.end();
      await stopped;
      expect(crashes).toBeLessThan(30);
    }
    expect(crashes).toBeGreaterThan(8);
    expect(shop.wares.map(({ title }) => title).toSorted()).toEqual(WHOLE);
    expect(shop.users.size).toBe(3);
  });

  test("of a neighbour, whose answer is lost: the catalogue is completed without a restart", async () => {
    const shop = new Shop();
    let crash!: ReturnType<typeof crashAt>;
    const { broker } = await open(shop, { before: (made) => (crash = crashAt(made, 10, true)) });
    await until(() => crash.lost);
    delete (broker as Partial<ServiceBroker>).call;
    crash.end();
    await until(() => shop.onSale().length === WHOLE.length);
    expect(shop.wares.map(({ title }) => title).toSorted()).toEqual(WHOLE);
  });
});

describe("leaves alone", () => {
  test("what people did to the catalogue since: a renamed item is not made again, a retired one stays so", async () => {
    const shop = new Shop();
    await (
      await open(shop)
    ).service.filling;
    shop.wares[3]!.title = "Renamed";
    shop.wares[4]!.status = "retired";
    const before = JSON.stringify(shop.wares);
    await (
      await open(shop)
    ).service.filling;
    expect(JSON.stringify(shop.wares)).toBe(before);
  });

  test("a shop where others sell", async () => {
    const shop = new Shop();
    shop.wares.push({
      id: "x",
      title: "A real thing",
      kind: "unique",
      status: "published",
      seller: { id: "s", name: "Somebody" },
      files: [],
      keys: new Set(),
    });
    await (
      await open(shop)
    ).service.filling;
    expect([shop.wares.length, shop.users.size]).toEqual([1, 0]);
  });

  test("a shop that wants no demo", async () => {
    const shop = new Shop();
    await (
      await open(shop, { env: { DEMO_SHOP: "off" } })
    ).service.filling;
    expect([shop.wares.length, shop.users.size]).toEqual([0, 0]);
  });

  test("a shop that another replica fills", async () => {
    const shop = new Shop();
    const { service } = await open(shop, {
      before: ({ registry }) =>
        void jest.spyOn(registry, "getServiceList").mockReturnValue([{ name: "demo", nodeID: "!" }] as never),
    });
    await service.filling;
    expect([shop.wares.length, shop.users.size]).toEqual([0, 0]);
  });
});
