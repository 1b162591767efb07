import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { onBothStores, testBroker, type TestBroker } from "../../tests/broker.ts";
import type { AuditRecord } from "./audit.contract.ts";
import records from "./records.service.ts";

onBothStores("audit records", (env) => {
  let shop: TestBroker;
  beforeAll(async () => {
    shop = testBroker({ env, services: [records] });
    await shop.broker.start();
  });
  afterAll(() => shop.stop());

  const begin = async (target: string, order: string | null) => {
    const what = { operator: "alice", command: "dead replay", target, order };
    return (await shop.broker.call<{ id: string }, object>("records.begin", what)).id;
  };
  const end = (id: string, outcome: string) => shop.broker.call("records.end", { id, outcome });
  const list = (params: object) =>
    shop.broker.call<{ rows: AuditRecord[]; total: number }, object>("records.list", params);

  test("are begun, then complete for good; newest first, page by page, and by order", async () => {
    const ids: string[] = [];
    for (const [target, order] of [
      ["1", "o1"],
      ["2", null],
      ["3", "o1"],
      ["4", "o2"],
    ] as const) {
      ids.push(await begin(target, order));
      // Records of the same ms have no order; these are to have one.
      for (const now = Date.now(); Date.now() === now;) await new Promise(setImmediate);
    }
    await end(ids[0]!, "done");
    await end(ids[0]!, "failed: NOT_FOUND");
    const all = await list({});
    expect(all.total).toBe(4);
    expect(all.rows.map(({ target, outcome, order }) => [target, outcome, order])).toEqual([
      ["4", "begun", "o2"],
      ["3", "begun", "o1"],
      ["2", "begun", null],
      ["1", "done", "o1"],
    ]);
    expect(all.rows[3]).toMatchObject({ id: ids[0], operator: "alice", command: "dead replay" });
    expect(Math.abs(Date.parse(all.rows[3]!.at) - Date.now())).toBeLessThan(60_000);
    expect((await list({ page: 2, pageSize: 3 })).rows.map(({ target }) => target)).toEqual(["1"]);
    const ofOrder = await list({ order: "o1" });
    expect([ofOrder.total, ...ofOrder.rows.map(({ target }) => target)]).toEqual([2, "3", "1"]);
  });
});
