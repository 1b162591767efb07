import { describe, expect, test } from "@jest/globals";
import { numberIn, usage } from "./operation.ts";
import { OPERATIONS } from "./operations.ts";
import { parsed } from "./run.ts";
import { harmless, plain, table } from "./table.ts";
import { local, relative, span, when } from "./time.ts";

describe("tables", () => {
  const columns = [
    { title: "id" },
    { title: "n", align: "right" },
    { title: "what", narrow: "cut" },
    { title: "why", narrow: "wrap" },
  ] as const;

  test("line up, and ids stay whole where titles are cut and reasons wrapped", () => {
    const rows = [
      ["4xq5n2vj7lq3k6o2y5s3m7a4ze", "7", "A rather long title of a thing", "because of one reason and another"],
      ["b", "12", "B", "no"],
    ];
    const text = table(columns, rows, 62);
    expect(text.split("\n")).toEqual([
      "ID                           N  WHAT              WHY",
      "4xq5n2vj7lq3k6o2y5s3m7a4ze   7  A rather long t…  because of",
      "                                                  one reason",
      "                                                  and another",
      "b                           12  B                 no",
    ]);
    expect(Math.max(...text.split("\n").map(({ length }) => length))).toBeLessThanOrEqual(62);
  });

  test("what a stranger wrote can neither move the cursor nor forge a line", () => {
    expect(table([{ title: "what" }], [["a\x1b[2Jb\nFULFILLED\u202Ec"]], 80)).toBe("WHAT\na [2Jb FULFILLED c");
    expect(plain("\u0007a\tb")).toBe("a b");
    expect(harmless("a\x1b[31m\r\nb")).toBe("a [31m \nb");
  });
});

test("times are local and relative", () => {
  const at = new Date(2026, 10, 23, 7, 4, 5, 60).getTime();
  expect([local(at), local(at, { millis: true })]).toEqual(["2026-11-23 07:04:05", "2026-11-23 07:04:05.060"]);
  expect([0, 999, 1200, 59_000, 61_000, 200_000, 7_500_000, 360_000_000].map(span)).toEqual([
    ...["0 ms", "999 ms", "1.2 s", "59 s", "1 min 1 s", "3 min 20 s", "2 h 5 min", "4 d 4 h"],
  ]);
  expect([relative(at, at + 500), relative(at, at + 61_000), relative(at, at - 3_600_000)]).toEqual([
    ...["now", "1 min 1 s ago", "in 1 h"],
  ]);
  expect(when(at, at)).toBe("2026-11-23 07:04:05 (now)");
});

describe("what an operator writes", () => {
  const named = (name: string) => OPERATIONS.find((one) => one.name === name)!;

  test("target and flags in any order", () => {
    const { target, flags, yes, json, operator } = parsed(
      named("dead replay"),
      "dead replay --yes 17 --operator bob --json".split(" "),
    );
    expect({ target, flags, yes, json, operator }).toEqual({
      ...{ target: "17", flags: {}, yes: true, json: true, operator: "bob" },
    });
    expect(parsed(named("orders list"), ["orders", "list", "--state", "paid"]).flags).toEqual({ state: "paid" });
  });

  test.each([
    ["orders explain", "orders explain", /<id> is missing/],
    ["orders explain", "orders explain a b", /Too many words: b/],
    ["holds", "holds now", /Too many words: now/],
    ["holds", "holds --state x", /Unknown option '--state'/],
    ["orders list", "orders list --limit", /--limit/],
  ])("%s: what does not fit is refused (%#)", (name, line, words) => {
    expect(() => parsed(named(name), line.split(" "))).toThrow(words);
  });

  test("numbers have bounds; the usage says what there is", () => {
    const limit = (text?: string) => numberIn({ limit: text }, "limit", { most: 100, fallback: 20 });
    expect([limit(), limit("7")]).toEqual([20, 7]);
    for (const wrong of ["0", "101", "x", "-1", "1.5"]) expect(() => limit(wrong)).toThrow(/from 1 to 100/);
    expect(usage(named("orders list"))).toBe("orders list [--state STATE] [--limit N]");
  });
});
