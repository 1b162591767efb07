import { afterAll, describe, expect, test } from "@jest/globals";
import { CONTROLS } from "./controls.ts";
import { explore } from "./explore.ts";
import { model } from "./scenario.ts";
import { SCENARIOS } from "./scenarios.ts";
import { printed } from "./trace.ts";

/** Far more than it takes, for a machine that does other things as well. */
const TIMEOUT = 300_000;

const lines: string[] = [];
const figures = new Intl.NumberFormat("en");
const orderStates = new Set<string>();
const paymentStates = new Set<string>();

afterAll(() => {
  process.stdout.write(`${lines.join("\n")}\n`);
});

describe("The shipped machines keep P1–P4 in every state, and can always come to a good end", () => {
  test.each(Object.values(SCENARIOS))(
    "$name",
    async (scenario) => {
      const { states, transitions, worlds, ms, violation } = await explore(model(scenario));
      const sizes = [states, transitions, worlds.length].map((size) => figures.format(size).padStart(13)).join("");
      lines.push(`${sizes}${(ms / 1000).toFixed(1).padStart(7)} s  ${scenario.name}`);
      for (const { orders, payments } of worlds) {
        for (const { state, why = "", refund } of orders)
          orderStates.add(`${state} ${why} ${refund?.reason ?? ""}`.trim());
        for (const { state, reason = "" } of payments) paymentStates.add(`${state} ${reason}`.trim());
      }
      expect(violation && printed(violation)).toBeNull();
    },
    TIMEOUT,
  );

  test("everything that may become of an order was among them", () => {
    const orders = ["reserving", "rejected", "reserved", "closing expired", "closing cancelled", "expired expired"];
    const paid = ["paid", "paid expired", "paid cancelled", "fulfilled", "refunding  asked", "refunded  asked"];
    const unpaid = ["cancelled cancelled", "refunded  The goods could not be delivered"];
    expect([...orderStates]).toEqual(expect.arrayContaining([...orders, ...paid, ...unpaid]));
    const payments = ["open", "closing", "cancelled", "succeeded", "refunding", "refunded", "refunded stray"];
    expect([...paymentStates]).toEqual(expect.arrayContaining(payments));
    lines.unshift(`${["states", "transitions", "worlds"].map((word) => word.padStart(13)).join("")}`);
  });
});

describe("Without one of its guards it does not hold", () => {
  test.each(CONTROLS)(
    "$rule",
    async ({ rule, scenario, breaks, ...control }) => {
      const { violation } = await explore(model(SCENARIOS[scenario], control));
      expect(violation?.property).toMatch(breaks);
      lines.push(`without ${rule}: ${violation!.property}, after ${violation!.trace.length} steps`);
    },
    TIMEOUT,
  );
});
