import { expect, test } from "@jest/globals";
import { at, gateway } from "./harness.ts";

const env = { PUBLIC_URL: "https://shop.example" };
/** A catalogue of so many items, the first of which has an id that wants care. */
const catalogue = (total: number) =>
  gateway(
    {
      items: {
        onSale({ params: { page, pageSize } }) {
          const from = (page - 1) * pageSize;
          const rows = Array.from({ length: Math.max(0, Math.min(pageSize, total - from)) }, (_, n) => ({
            id: from + n ? `i${from + n}` : "a&b",
            changedAt: from + n,
          }));
          return { rows, total, page, pageSize };
        },
      },
    },
    { env },
  );
const addresses = (xml: string) => [...xml.matchAll(/<loc>(.*?)<\/loc>/g)].map(([, address]) => address);

test("crawlers are told what to leave alone, and where the sitemap is", async () => {
  const shop = await catalogue(0);
  const { status, text, headers } = await shop.ask("GET", "/robots.txt");
  expect([status, headers["content-type"]]).toEqual([200, "text/plain; charset=utf-8"]);
  expect(text).toMatch(/^User-agent: \*\nDisallow: \/api\/\n/);
  expect(text).toMatch(/\n\nSitemap: https:\/\/shop\.example\/sitemap\.xml\n$/);
  for (const path of ["/", "/p/x", "/s/x", "/search", "/legal/terms", "/_nuxt/a.js", "/covers/x.svg"])
    expect(text.match(/Disallow: (.*)/g)!.filter((rule) => path.startsWith(rule.slice(10)))).toEqual([]);
});

test("a sitemap has the address of every item on sale, and when it last changed", async () => {
  const shop = await catalogue(2);
  const { text, headers } = await shop.ask("GET", "/sitemap.xml");
  expect(headers["content-type"]).toBe("application/xml; charset=utf-8");
  expect(text).toMatch(/^<\?xml version="1\.0" encoding="UTF-8"\?>\n<urlset xmlns="[^"]+">\n/);
  expect(addresses(text)).toEqual([
    "https://shop.example/",
    "https://shop.example/p/a%26b",
    "https://shop.example/p/i1",
  ]);
  expect(text).toContain(`/p/i1</loc><lastmod>${at(1)}</lastmod></url>`);
  expect((await shop.ask("HEAD", "/sitemap.xml")).status).toBe(200);
});

test("a large catalogue has an index of parts, which hold every item once", async () => {
  const shop = await catalogue(12_001);
  const index = await shop.ask("GET", "/sitemap.xml");
  expect(index.text).toContain("<sitemapindex ");
  const parts = addresses(index.text).map((address) => address!.replace(env.PUBLIC_URL, ""));
  expect(parts).toEqual(["/sitemap/1.xml", "/sitemap/2.xml", "/sitemap/3.xml"]);
  const listed = (await Promise.all(parts.map((part) => shop.ask("GET", part)))).map(({ text }) => addresses(text));
  expect(listed.map(({ length }) => length)).toEqual([5001, 5000, 2001]);
  expect(new Set(listed.flat()).size).toBe(12_002);
  expect((await shop.ask("GET", "/sitemap/4.xml")).status).toBe(404);
  for (const part of ["0", "-1", "x", "01", "1.5"])
    expect([part, (await shop.ask("GET", `/sitemap/${part}.xml`)).status]).toEqual([part, 422]);
  const compressed = await shop.ask("GET", "/sitemap/1.xml", { headers: { "accept-encoding": "gzip" } });
  expect(compressed.headers["content-encoding"]).toBe("gzip");
});
