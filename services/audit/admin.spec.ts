import { beforeAll, beforeEach, expect, test } from "@jest/globals";
import { Bus } from "../../mixins/bus/bus.ts";
import { systemRuntime } from "../../core/runtime.ts";
import { ada, at, gateway, until, type Gateway } from "../api/harness.ts";
import audit from "./audit.service.ts";
import records from "./records.service.ts";

const EMAIL = "gus@example.com";
const root = { ...ada, id: "root", name: "Root", roles: ["buyer" as const, "admin" as const] };
const stored = {
  ...{ _id: "o1", v: 1, state: "fulfilled", buyer: "guest-1", email: "g***@example.com", total: 900 },
  ...{ seller: { id: "sue", name: "Sue" }, createdAt: 1000, expiresAt: 901_000, paidAt: 5000, history: [] },
  lines: [
    { id: "1", itemId: "i1", title: "A", kind: "edition", quantity: 1, unitPrice: 900, perBuyer: null, serials: [7] },
  ],
};

let shop: Gateway;
let admin: Record<string, string>;
let asked: object[];
/** How often the stores were read, and how many orders there are that nobody knows units of. */
let readings: number;
let wrong: number;
let skew = 0;
/** When set, the stores are read only after it. */
let waits: Promise<void> | null;
let poisoned = true;
const handled: string[] = [];

beforeAll(async () => {
  const nothing = { changes: () => ({ rows: [], next: null }) };
  shop = await gateway(
    {
      orders: {
        all({ params }) {
          asked.push(params);
          return { rows: [stored], total: 1, page: 1, pageSize: 20 };
        },
        inspect: ({ params: { id } }) => (id === "o1" ? stored : null),
        async changes() {
          readings++;
          await waits;
          const rows = Array.from({ length: wrong }, (_, n) => ({ ...stored, _id: `wrong-${n}-${EMAIL}` }));
          return { rows, next: null };
        },
      },
      payments: { inspect: () => null, ...nothing },
      inventory: { inspect: () => ({ reservation: null, units: [] }), ...nothing },
      delivery: { inspect: () => [], ...nothing },
      reservations: nothing,
      uses: nothing,
      waitlist: nothing,
    },
    {
      without: ["audit", "records"],
      env: { LOGLEVEL: "fatal" },
      runtime: { ...systemRuntime(), now: () => Date.now() + skew },
    },
  );
  shop.broker.createService({
    name: "poison",
    mixins: [Bus({ backoff: [] })],
    subscriptions: {
      "order.fulfilled": {
        mode: "group",
        async handler({ data }: { data: { id: string } }) {
          if (poisoned) throw new TypeError(`not for ${EMAIL}`);
          handled.push(data.id);
        },
      },
    },
  } as never);
  for (const service of [records, audit]) shop.broker.createService(service);
  await shop.broker.waitForServices(["audit", "records", "poison"]);
});
beforeEach(() => {
  asked = [];
  [readings, wrong, waits] = [0, 0, null];
  admin = { cookie: shop.session(root) };
});

const ask = (method: string, path: string, headers = admin) => shop.ask(method, `/api/admin${path}`, { headers });
const ok = async (method: string, path: string) => {
  const { status, json } = await ask(method, path);
  expect([path, status]).toEqual([path, 200]);
  return json;
};

test("for everybody but admins there is nothing here, and nothing is asked or done", async () => {
  const routes = ["GET /orders", "GET /orders/o1", "GET /dead", "POST /dead/1/replay", "GET /audit", "GET /nothing"];
  for (const route of routes)
    for (const headers of [
      { cookie: "" },
      { cookie: shop.session(ada) },
      { cookie: shop.session({ ...ada, roles: ["seller"] }) },
    ]) {
      const [method, path] = route.split(" ") as [string, string];
      const { status, json } = await ask(method, path, headers);
      expect([route, status, json.type]).toEqual([route, 404, "NOT_FOUND"]);
    }
  expect([asked, readings]).toEqual([[], 0]);
});

test("orders of every buyer, with sums and times as everywhere", async () => {
  expect(await ok("GET", "/orders?state=paid&page=2&pageSize=10")).toMatchObject({ total: 1 });
  expect(asked).toEqual([{ state: "paid", page: 2, pageSize: 10 }]);
  const { rows } = await ok("GET", "/orders");
  expect(rows).toEqual([
    {
      ...{ id: "o1", status: "fulfilled", buyer: "guest-1", email: "g***@example.com" },
      seller: { id: "sue", name: "Sue" },
      lines: [{ itemId: "i1", title: "A", kind: "edition", quantity: 1, unitPrice: { amount: 900, currency: "eur" } }],
      total: { amount: 900, currency: "eur" },
      ...{ createdAt: at(1000), expiresAt: at(901_000), paidAt: at(5000), closedAt: null },
    },
  ]);
  expect((await ask("GET", "/orders?state=lost")).status).toBe(422);
});

test("one order with all that the services know of it", async () => {
  const told = await ok("GET", "/orders/o1");
  expect(told).toMatchObject({ order: { id: "o1", state: "fulfilled" }, waitsFor: expect.stringMatching(/it rests/) });
  expect(told.events[0]).toEqual({ at: at(1000), service: "orders", what: "created", detail: "1 × A" });
  expect((await ask("GET", "/orders/none")).status).toBe(404);
});

test("a dead letter is shown without personal data, and replayed with a record of who did it", async () => {
  await shop.fact("order.fulfilled", { id: "o1", seller: "sue", items: ["i1"] });
  await until(async () => (await ok("GET", "/dead")).total === 1);
  const { rows } = await ok("GET", "/dead?page=1");
  expect(rows[0]).toMatchObject({
    ...{ group: "poison", type: "order.fulfilled", order: "o1", attempts: 1 },
    error: { type: "TypeError", message: "not for g***@example.com" },
  });
  const [{ id }] = rows;
  poisoned = false;
  expect(await ask("POST", `/dead/${id}/replay`)).toMatchObject({ status: 204, text: "" });
  await until(() => handled.length);
  expect((await ok("GET", "/dead")).rows).toEqual([]);
  expect((await ask("POST", `/dead/${id}/replay`)).status).toBe(404);
  const done = await shop.broker.call("audit.records", { order: "o1" });
  expect(done).toMatchObject({
    rows: [{ operator: "Root (root)", command: "dead replay", target: id, outcome: "done", order: "o1" }],
  });
  expect((await ok("GET", "/orders/o1")).events.at(-1)).toMatchObject({
    service: "operator",
    detail: "Root (root): done",
  });
});

test("the books: counts and violations, read once for all who ask within a minute", async () => {
  wrong = 130;
  const [report, same] = await Promise.all([ok("GET", "/audit"), ok("GET", "/audit")]);
  expect(same).toEqual(report);
  expect(report.counted).toMatchObject({ orders: 130, units: 0 });
  expect(report.violations).toBeGreaterThanOrEqual(130);
  expect(report.faults).toHaveLength(100);
  expect(report.faults[0].id).toBe("w***@example.com");
  expect(await ok("GET", "/audit")).toEqual(report);
  expect(readings).toBe(2);
  skew += 60_001;
  wrong = 0;
  expect(await ok("GET", "/audit")).toMatchObject({ counted: { orders: 0 }, violations: 0, faults: [] });
});

test("who asks while the stores take their time is asked to come again, and then gets it", async () => {
  skew += 60_001;
  let go = () => {};
  waits = new Promise((resolve) => (go = resolve));
  expect(await ask("GET", "/audit")).toMatchObject({ status: 503, json: { type: "TRY_AGAIN" } });
  go();
  await ok("GET", "/audit");
  expect(readings).toBeLessThanOrEqual(2);
});
