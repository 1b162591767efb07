import { request, type IncomingMessage } from "node:http";
import { connect } from "node:net";
import { beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { fail } from "../../core/errors.ts";
import { ada, at, gateway, order, until, type Gateway } from "./harness.ts";

type Event = { event: string; data: any };

let shop: Gateway;
let available: Record<string, number>;
let status: "reserved" | "paid" | "fulfilled";
let title: string;
let stockReads: string[][];
/** When set, stock is answered only after it. */
let stockWaits: Promise<void> | null;

const sale = (orderId: string) => ({
  orderId,
  lineId: "l1",
  itemId: "i1",
  title,
  quantity: 1,
  amount: { amount: 900, currency: "eur" },
  fee: { amount: 45, currency: "eur" },
  net: { amount: 855, currency: "eur" },
  buyer: "guest",
  status,
  at: at(0),
});

beforeAll(async () => {
  shop = await gateway({
    inventory: {
      async stock({ params: { items } }) {
        stockReads.push(items);
        if (items.includes("broken")) throw fail("TRY_AGAIN");
        const counted = items.filter((id: string) => id in available).map((id: string) => [id, available[id]!]);
        await stockWaits;
        return counted.map(([id, free]: [string, number]) => ({
          item: id,
          stock: { total: 10, available: free, held: 10 - free, sold: 0 },
          made: 10,
          nextAt: free ? null : 5000,
        }));
      },
    },
    orders: {
      get({ params: { id }, meta }) {
        if (id !== "o1" || !(meta.guestOrders?.includes("o1") || meta.user)) throw fail("NOT_FOUND");
        return order("o1", { status });
      },
      salesOf: ({ params }) => ({ seller: "ada", rows: [sale(params.order)] }),
    },
  });
});
beforeEach(() => {
  available = { i1: 3, i2: 0 };
  status = "reserved";
  title = "Night Bus";
  stockReads = [];
  stockWaits = null;
});

/** A client that listens; `events` grows. */
async function listen(query: string, headers: Record<string, string> = {}, gate = shop) {
  const asked = request({ host: "127.0.0.1", port: gate.port, path: `/api/live?${query}`, agent: false, headers });
  const res = await new Promise<IncomingMessage>((resolve, reject) =>
    asked.once("response", resolve).once("error", reject).end(),
  );
  const heard = { text: "", closed: false };
  res.on("data", (chunk) => (heard.text += chunk)).on("error", () => {});
  res.once("close", () => (heard.closed = true));
  const events = (): Event[] =>
    [...heard.text.matchAll(/^event: (.*)\ndata: (.*)\n\n/gm)].map(([, event, data]) => ({
      event: event!,
      data: JSON.parse(data!),
    }));
  const of = (name: string) =>
    events()
      .filter(({ event }) => event === name)
      .map(({ data }) => data);
  return { status: res.statusCode!, headers: res.headers, heard, events, of, close: () => asked.destroy() };
}

const hint = (...items: string[]) => shop.broker.broadcast("stock.changed", { items });

test("hello first, then the present state of all that was asked for", async () => {
  const token = { "order-token": shop.token("o1") };
  const stream = await listen("items=i1,i2,unknown&orders=o1", token);
  expect(stream.headers).toMatchObject({ "content-type": "text/event-stream", "cache-control": "no-store" });
  await until(() => stream.events().length === 4);
  expect(stream.heard.text).toMatch(/^retry: 1000\nevent: hello\n/);
  const [hello, ...state] = stream.events();
  expect(hello).toEqual({ event: "hello", data: { now: expect.stringMatching(/^\d{4}-.*Z$/) } });
  expect(state).toHaveLength(3);
  expect(state).toEqual(
    expect.arrayContaining([
      { event: "order", data: { id: "o1", status: "reserved", expiresAt: at(900_000), now: at(1000) } },
      { event: "stock", data: { itemId: "i1", total: 10, available: 3, held: 7, sold: 0, nextAt: null } },
      { event: "stock", data: { itemId: "i2", total: 10, available: 0, held: 10, sold: 0, nextAt: at(5000) } },
    ]),
  );
  stream.close();
});

describe("stock", () => {
  test("a change is read once for all who watch, and told to those it is news for", async () => {
    const streams = await Promise.all(["items=i1", "items=i1,i2", "items=i2"].map((query) => listen(query)));
    await until(() => streams.every((stream) => stream.of("stock").length > 0));
    stockReads = [];
    available["i1"] = 2;
    for (let n = 0; n < 50; n++) await hint("i1", "nobody-watches-this");
    await until(() => streams[0]!.of("stock").length === 2 && streams[1]!.of("stock").length === 3);
    expect(streams[0]!.of("stock")[1]).toMatchObject({ itemId: "i1", available: 2 });
    await hint("i2");
    await until(() => stockReads.flat().includes("i2"));
    expect(stockReads.length).toBeLessThanOrEqual(4);
    expect(new Set(stockReads.flat())).toEqual(new Set(["i1", "i2"]));
    expect(streams[2]!.of("stock")).toHaveLength(1);
    for (const stream of streams) stream.close();
  });

  test("no older count follows a newer one", async () => {
    const first = await listen("items=i1");
    await until(() => first.of("stock").length === 1);
    let go = () => {};
    stockWaits = new Promise((resolve) => (go = resolve));
    available["i1"] = 2;
    await hint("i1");
    await until(() => stockReads.length === 2);
    available["i1"] = 1;
    const opening = listen("items=i1");
    await hint("i1");
    go();
    const second = await opening;
    await until(() => first.of("stock").length === 3 && second.of("stock").length > 0);
    expect(first.of("stock").map((stock) => stock.available)).toEqual([3, 2, 1]);
    expect(second.of("stock").at(-1).available).toBe(1);
    first.close();
    second.close();
  });

  test("a client that left is watched for no longer", async () => {
    const stream = await listen("items=i2");
    stream.close();
    const other = await listen("items=i1");
    await until(async () => {
      stockReads = [];
      available["i1"]!++;
      await hint("i2", "i1");
      await until(() => stockReads.length);
      return !stockReads.flat().includes("i2");
    });
    other.close();
  });
});

describe("orders", () => {
  test("a change is told with the state read anew, and only when there is one", async () => {
    const stream = await listen("orders=o1", { cookie: shop.session(ada) });
    await until(() => stream.of("order").length === 1);
    await shop.fact("order.declined", { id: "o1", seller: "ada", items: [], code: "card_declined" });
    status = "paid";
    await shop.fact("order.paid", { id: "o1", seller: "ada", items: [] });
    status = "fulfilled";
    await shop.fact("order.fulfilled", { id: "o1", seller: "ada", items: [] });
    await until(() => stream.of("order").at(-1).status === "fulfilled");
    expect(stream.of("order").map((told) => told.status)).toEqual(expect.arrayContaining(["reserved", "fulfilled"]));
    expect(stream.of("sale")).toEqual([]);
    stream.close();
  });

  test("an order that is not one's own is 404 before the stream opens", async () => {
    for (const query of ["orders=o1", "orders=other", "items=i1&orders=o1"])
      expect(await shop.ask("GET", `/api/live?${query}`)).toMatchObject({ status: 404, json: { type: "NOT_FOUND" } });
  });

  test("a seller hears of their own sales, and of nobody else's", async () => {
    expect((await shop.ask("GET", "/api/live?sales=1")).status).toBe(401);
    const stream = await listen("sales=1", { cookie: shop.session(ada) });
    status = "paid";
    await shop.fact("order.reserved", { id: "o1", seller: "ada", items: [], expiresAt: 1 });
    await shop.fact("order.paid", { id: "o2", seller: "bob", items: [] });
    await shop.fact("order.paid", { id: "o1", seller: "ada", items: [] });
    await shop.fact("order.refunded", { id: "o3", seller: "ada", items: [] });
    await until(() => stream.of("sale").length > 1);
    expect(stream.of("sale")).toEqual([sale("o1"), sale("o3")]);
    stream.close();
  });
});

describe("a stream", () => {
  test("is refused before it opens when it asks for too much, or for what cannot be read", async () => {
    const many = (count: number) => Array.from({ length: count }, (_, n) => `i${n}`).join(",");
    for (const query of [
      `items=${many(51)}`,
      `orders=${many(21)}`,
      "items=a&items=b",
      "items=a,,b",
      "sales=yes",
      "x=1",
    ])
      expect([query, (await shop.ask("GET", `/api/live?${query}`)).status]).toEqual([query, 422]);
    expect((await shop.ask("GET", "/api/live?items=broken")).status).toBe(503);
    const all = await listen(`items=${many(50)}`);
    expect(all.status).toBe(200);
    all.close();
  });

  test("HEAD has its headers, and ends", async () => {
    const head = await shop.ask("HEAD", "/api/live?items=i1");
    expect(head).toMatchObject({ status: 200, headers: { "content-type": "text/event-stream" } });
    expect((await shop.ask("HEAD", "/api/live?orders=other")).status).toBe(404);
  });

  test("a client that does not read is cut off, and holds nobody up", async () => {
    const socket = connect(shop.port, "127.0.0.1");
    socket.write(`GET /api/live?sales=1 HTTP/1.1\r\nHost: x\r\nCookie: ${shop.session(ada)}\r\n\r\n`);
    await new Promise((resolve) => socket.once("data", resolve));
    socket.pause();
    const other = await listen("sales=1", { cookie: shop.session(ada) });
    const connections = () =>
      new Promise<number>((resolve) => shop.server.getConnections((_, count) => resolve(count)));
    const before = await connections();
    title = "x".repeat(60_000);
    let sent = 0;
    // What the systems on both sides buffer comes first; it is a few megabytes.
    while ((await connections()) === before && sent < 400) {
      await shop.fact("order.paid", { id: "o1", seller: "ada", items: [] });
      sent++;
      await until(() => other.heard.text.length > sent * title.length);
    }
    expect(sent).toBeLessThan(400);
    expect(await connections()).toBe(before - 1);
    expect(other.heard.closed).toBe(false);
    other.close();
    socket.destroy();
  });
});
