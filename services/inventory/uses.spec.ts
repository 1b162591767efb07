import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { onBothStores, testBroker, type TestBroker } from "../../tests/broker.ts";
import type { Look } from "./uses.ts";
import uses from "./uses.service.ts";

onBothStores("uses", (env) => {
  let world: TestBroker;
  beforeAll(async () => {
    world = testBroker({ env: { ...env }, services: [uses] });
    await world.broker.start();
  });
  afterAll(() => world.stop());

  const look = (thing: string, cap: number, slot: string) =>
    world.broker.call<Look, object>("uses.look", { thing, cap, slot });
  const insert = (_id: string, slot: string) =>
    world.broker.call<boolean, object>("uses.insert", { doc: { _id, slot } });
  const fill = async (thing: string, cap: number, but: number[]) => {
    for (let n = 0; n < cap; n++) if (!but.includes(n)) await insert(`${thing}:${n}`, `${thing}-o${n}:code:0`);
  };

  test("a place has one slot, and a slot one place", async () => {
    expect(await insert("one:0", "o1:code:0")).toBe(true);
    expect(await insert("one:0", "o2:code:0")).toBe(false);
    expect(await insert("one:1", "o1:code:0")).toBe(false);
    expect(await look("one", 2, "o1:code:0")).toEqual({ found: "own" });
    expect(await look("one", 2, "o2:code:0")).toEqual({ found: "vacant", place: "one:1" });
    expect(await look("one", 1, "o2:code:0")).toEqual({ found: "full", some: [{ _id: "one:0", slot: "o1:code:0" }] });
  });

  test("the last vacant place of many is found, wherever it is; when there is none some are told", async () => {
    await fill("many", 200, [7, 150]);
    const found = new Set<string>();
    for (let n = 0; n < 20; n++) {
      const seen = await look("many", 200, "new:code:0");
      if (seen.found === "vacant") found.add(seen.place);
    }
    for (const place of found) expect(["many:7", "many:150"]).toContain(place);
    expect(await insert("many:7", "late:code:0")).toBe(true);
    for (let n = 0; n < 5; n++)
      expect(await look("many", 200, "new:code:0")).toEqual({ found: "vacant", place: "many:150" });
    expect(await insert("many:150", "last:code:0")).toBe(true);
    const full = await look("many", 200, "new:code:0");
    expect(full).toMatchObject({
      found: "full",
      some: expect.arrayContaining([{ _id: expect.any(String), slot: expect.any(String) }]),
    });
  });

  test("codes are counted apart from each other and from their buyers", async () => {
    await insert("code:sue:A:0", "o3:code:0");
    await insert("code-buyer:sue:A:bob:0", "o3:code-buyer:0");
    await insert("code:sue:A-1:0", "o4:code:0");
    await insert("code:sue:A:o5:code:0", "o5:code:0");
    const used = await world.broker.call("uses.used", { seller: "sue", codes: ["A", "A-1", "B"], buyer: "bob" });
    expect(used).toEqual([
      { used: 2, byBuyer: 1 },
      { used: 1, byBuyer: 0 },
      { used: 0, byBuyer: 0 },
    ]);
  });
});
