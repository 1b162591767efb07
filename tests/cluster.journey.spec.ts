import { randomUUID } from "node:crypto";
import { describe, expect, test } from "@jest/globals";
import { audit, inCluster } from "./in-cluster.ts";
import { journeys } from "./journeys.ts";
import { Patient } from "./patient.ts";
import { eventually } from "./till.ts";

const BUYERS = 500;
const COPIES = 50;
/** Everybody has a verdict by then, also where the processor is shared with others, ms. */
const RUSH_WITHIN = 150_000;
/** Pages are made anew within 300 ms, and by themselves only after 10 s; here everything shares two processors, ms. */
const NEW_WITHIN = 3000;

inCluster("a shop of two processes a service", {}, (shop) => {
  describe("through each gateway in its turn", () => {
    journeys(async () => ({ client: () => shop().visitor(), stop: async () => {} }));
  });

  test(
    `${BUYERS} buyers over two gateways, ${COPIES} copies: as many orders, serials and sales, and not one more`,
    async () => {
      const seller = await shop().client(0).signUp("Sella");
      const item = await seller.sell({ stock: COPIES });
      const buyers = Array.from({ length: BUYERS }, (_, n) => new Patient(shop().urls, new Map(), n));
      const replies = await Promise.all(
        buyers.map((buyer) => {
          const body = { lines: [{ itemId: item.id, quantity: 1 }], email: `${randomUUID()}@example.com` };
          const request = { method: "POST", body, headers: { "idempotency-key": randomUUID() } };
          return buyer.ask("/api/orders", request, RUSH_WITHIN);
        }),
      );
      const verdicts = replies.map(({ body }) => body.status ?? body.type);
      const count = (verdict: string) => verdicts.filter((one) => one === verdict).length;
      expect([count("reserved"), count("SOLD_OUT")]).toEqual([COPIES, BUYERS - COPIES]);
      const stockAt = async (gateway: number) =>
        (await seller.ok(shop().client(gateway).get(`/api/items/${item.id}`))).stock;
      const held = { total: COPIES, available: 0, held: COPIES, sold: 0 };
      expect([await stockAt(0), await stockAt(1)]).toEqual([held, held]);

      const serials = await Promise.all(
        replies.map(async ({ body: { status, id, token } }, n) => {
          if (status !== "reserved") return [];
          // Reserved at one gateway, paid at the other.
          const winner = shop().client((n + 1) % 2);
          winner.token = token;
          expect((await winner.pay(id)).body.status).toBe("succeeded");
          return (await winner.reaches(id, ["fulfilled"], 60_000)).lines[0].serials as number[];
        }),
      );
      expect(serials.flat().toSorted((a, b) => a - b)).toEqual(Array.from({ length: COPIES }, (_, n) => n + 1));
      const sold = { total: COPIES, available: 0, held: 0, sold: COPIES };
      expect([await stockAt(0), await stockAt(1)]).toEqual([sold, sold]);
      expect(buyers.flatMap(({ faults }) => faults)).toEqual([]);
    },
    2 * RUSH_WITHIN,
  );

  test("who watches at one gateway sees what happens through another", async () => {
    const seller = await shop().client(0).signUp("Sella");
    const item = await seller.sell({ stock: 3 });
    const buyer = await shop().client(1).signUp("Buya");
    const order = await buyer.ok(buyer.reserve(item.id));
    const watching = new AbortController();
    const live = await fetch(`${shop().url(0)}/api/live?items=${item.id}&orders=${order.id}`, {
      headers: { cookie: buyer.cookie },
      signal: watching.signal,
    });
    await buyer.pay(order.id);
    const [orders, stocks]: [string[], { held: number; sold: number }[]] = [[], []];
    for await (const chunk of live.body!.pipeThrough(new TextDecoderStream())) {
      for (const [, event, data] of chunk.matchAll(/event: (order|stock)\ndata: (.*)/g))
        if (event === "order") orders.push(JSON.parse(data!).status);
        else stocks.push(JSON.parse(data!));
      if (orders.includes("fulfilled") && stocks.at(-1)?.sold === 1) break;
    }
    watching.abort();
    expect([orders[0], orders.at(-1)]).toEqual(["reserved", "fulfilled"]);
    expect(stocks[0]).toMatchObject({ available: 2, held: 1, sold: 0 });
    expect(stocks.at(-1)).toMatchObject({ total: 3, available: 2, held: 0, sold: 1 });
  }, 60_000);

  test("a page that one gateway has in memory is made anew for what is written through another", async () => {
    const seller = await shop().client(0).signUp("Sella");
    const { id } = await seller.sell({ stock: 3, title: "As it was" });
    for (const path of [`/p/${id}`, "/"]) {
      const shows = (title: string) =>
        eventually(
          async () => (await shop().client(1).get(path)).body as string,
          (html) => html.includes(title),
          NEW_WITHIN,
        );
      await shows("As it was");
      const title = `Now ${path}`;
      await seller.ok(seller.ask(`/api/items/${id}`, { method: "PATCH", body: { title } }));
      await shows(title);
      await seller.ok(seller.ask(`/api/items/${id}`, { method: "PATCH", body: { title: "As it was" } }));
    }
  }, 60_000);

  test("a process without the gateway has its probes and its measures on its own port, and nothing else", async () => {
    const { url } = shop().cluster.of("orders")[0]!;
    const probe = async (path: string) => {
      const response = await fetch(url + path);
      return [response.status, await response.text()];
    };
    expect(await probe("/live")).toEqual([200, "ok\n"]);
    expect(await probe("/ready")).toEqual([200, "ok\n"]);
    expect((await probe("/metrics"))[1]).toMatch(
      /holdfast_action_seconds_count\{action="orders\.create",result="ok"\} \d/,
    );
    expect((await probe("/api/items"))[0]).toBe(404);
  });

  test("an operator's node finds the books in order", async () => {
    const { faults, counted } = await audit(shop());
    expect(faults).toEqual([]);
    expect(counted["orders"]).toBeGreaterThan(COPIES);
  }, 60_000);
});
