import { describe, expect, test } from "@jest/globals";
import { parseInline, parseMarkdown } from "../frontend/app/utils/markdown.ts";
import { plainText } from "../frontend/app/utils/plain-text.ts";
import { productData } from "../frontend/app/utils/product-data.ts";
import { returnPath } from "../frontend/app/utils/return-path.ts";
import type { Item } from "../frontend/app/utils/types.ts";

describe("descriptions", () => {
  const text = (source: string) => JSON.stringify(parseMarkdown(source));

  test("the marks that people use", () => {
    expect(
      parseMarkdown("# Hi\n\nA *b* **c** `d*e`\nf\n- one\n- two\n  more\n\n1. x\n\n> said\n\n---\n\n```\n<b>\n```"),
    ).toEqual([
      { type: "heading", children: [{ type: "text", text: "Hi" }] },
      {
        type: "paragraph",
        children: [
          { type: "text", text: "A " },
          { type: "em", children: [{ type: "text", text: "b" }] },
          { type: "text", text: " " },
          { type: "strong", children: [{ type: "text", text: "c" }] },
          { type: "text", text: " " },
          { type: "code", text: "d*e" },
          { type: "break" },
          { type: "text", text: "f" },
        ],
      },
      { type: "list", ordered: false, items: [[{ type: "text", text: "one" }], [{ type: "text", text: "two more" }]] },
      { type: "list", ordered: true, items: [[{ type: "text", text: "x" }]] },
      { type: "quote", children: [{ type: "text", text: "said" }] },
      { type: "rule" },
      { type: "pre", text: "<b>" },
    ]);
  });

  test("links lead to http and https alone; all else stays text", () => {
    expect(parseInline("[a](https://example.com/?q=1)")).toEqual([
      { type: "link", href: "https://example.com/?q=1", children: [{ type: "text", text: "a" }] },
    ]);
    const traps = [
      "javascript:alert(1)",
      " JaVaScript:alert(1)",
      "data:text/html,x",
      "//evil.example",
      "/local",
      "https://",
      "vbscript:x",
    ];
    for (const trap of traps) expect(text(`[a](${trap})`)).not.toContain('"link"');
  });

  test("markup is text, and text is all that leaves the parser", () => {
    const source = '<img src=x onerror="alert(1)"> <script>alert(1)</script>';
    expect(parseMarkdown(source)).toEqual([{ type: "paragraph", children: [{ type: "text", text: source }] }]);
  });

  test("what is not closed is what it looks like", () => {
    expect(parseInline("a * b ** c _ d ` [e](")).toEqual([{ type: "text", text: "a * b ** c _ d ` [e](" }]);
    expect(parseInline("snake_case_name")).toEqual([{ type: "text", text: "snake_case_name" }]);
    expect(parseInline("\\*not\\*")).toEqual([{ type: "text", text: "*not*" }]);
  });

  test.each([
    "*".repeat(10_000),
    "[".repeat(10_000),
    "*a ".repeat(3_333),
    "[a](".repeat(2_500),
    "_*".repeat(5_000),
    "> ".repeat(5_000),
    "`".repeat(9_999),
  ])("10,000 hostile characters take no time", (source) => {
    const start = process.cpuUsage().user;
    parseMarkdown(source);
    expect((process.cpuUsage().user - start) / 1000).toBeLessThan(500);
  });

  test("a summary is one line without marks", () => {
    expect(plainText("## A **b**\n\n- [c](https://x.example) d", 8)).toBe("A b - c…");
    expect(plainText("short")).toBe("short");
  });
});

test("structured data cannot end its script element", () => {
  const item: Item = {
    id: "i1",
    status: "published",
    title: "</script><script>alert(1)</script>",
    description: "A **type**.",
    price: { amount: 1250, currency: "eur" },
    kind: "unlimited",
    seller: { id: "u1", name: "Ines" },
    cover: null,
    files: [],
    perBuyer: null,
    stock: null,
    nextAt: null,
    createdAt: "2026-11-01T00:00:00Z",
    publishedAt: "2026-11-01T00:00:00Z",
  };
  const data = productData(item, "https://shop.example");
  expect(data).not.toContain("<");
  expect(JSON.parse(data)).toMatchObject({
    name: "</script><script>alert(1)</script>",
    url: "https://shop.example/p/i1",
    offers: { price: "12.50", priceCurrency: "EUR" },
  });
});

test("signing in leads back to this site alone", () => {
  expect(returnPath("/p/i1?x=1#y")).toBe("/p/i1?x=1#y");
  for (const trap of [
    "//evil.example",
    "/\\evil.example",
    "https://evil.example",
    "/\t/evil.example",
    "evil",
    "",
    undefined,
    ["/a"],
    "/\n/evil.example",
  ]) {
    const path = returnPath(trap);
    expect(new URL(path, "http://shop.example").origin).toBe("http://shop.example");
    expect(path).toBe("/");
  }
});
