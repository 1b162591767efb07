import { describe, expect, test } from "@jest/globals";
import { judge } from "../../core/validator.ts";
import { items } from "../items/items.contract.ts";
import { CURRENCY } from "../schemas.ts";
import { buyer, sellers } from "./catalogue.ts";
import { keyPool } from "./keys.ts";
import type { GoodsFile, Listing } from "./listing.ts";
import { unzip } from "./unzip.ts";

const catalogue = sellers.flatMap(({ listings }) => listings);
const filesOf = (listing: Listing): GoodsFile[] => ("files" in listing ? listing.files() : []);
const files = catalogue.flatMap(filesOf);

/** How each type of file begins or is built, by its own rules. */
const FORMATS: Record<string, (bytes: Buffer) => boolean> = {
  "application/zip": (bytes) => unzip(bytes).size > 1,
  "application/epub+zip": (bytes) => unzip(bytes).keys().next().value === "mimetype",
  "audio/wav": (bytes) => bytes.toString("latin1", 0, 4) === "RIFF",
  "image/svg+xml": (bytes) => /^<svg [^]*<\/svg>\n$/.test(bytes.toString()) && !/NaN|undefined/.test(bytes.toString()),
  "text/plain": (bytes) => bytes.toString().endsWith("\n") && !bytes.includes(0),
  "model/stl": closed,
};

/** A printable solid: of two triangles at an edge, each runs along it in the other direction. */
function closed(bytes: Buffer): boolean {
  const count = bytes.readUInt32LE(80);
  const edges = new Map<string, number>();
  for (let i = 0; i < count; i++) {
    const corner = (n: number) =>
      [0, 4, 8]
        .map((at) =>
          bytes
            .readFloatLE(84 + i * 50 + 12 + n * 12 + at)
            .toFixed(4)
            .replace("-0.0000", "0.0000"),
        )
        .join();
    for (const n of [0, 1, 2]) {
      const [from, to] = [corner(n), corner((n + 1) % 3)];
      const [edge, way] = from < to ? [from + to, 1] : [to + from, -1];
      edges.set(edge, (edges.get(edge) ?? 0) + way);
    }
  }
  return bytes.length === 84 + count * 50 && [...edges.values()].every((sum) => sum === 0);
}

describe("the catalogue", () => {
  test("looks like a shop: some twenty items of all kinds, from pocket money to a present", () => {
    expect(catalogue.length).toBeGreaterThanOrEqual(20);
    expect(new Set(catalogue.map(({ kind }) => kind))).toEqual(new Set(["unique", "edition", "keys", "unlimited"]));
    const prices = catalogue.map(({ price }) => price);
    expect([Math.min(...prices), Math.max(...prices)]).toEqual([90, 24_000]);
    expect(new Set(prices).size).toBeGreaterThan(18);
  });

  test("no title comes twice: by them a start after a crash knows what is there", () => {
    expect(new Set(catalogue.map(({ title }) => title)).size).toBe(catalogue.length);
  });

  test("every item passes the contract of items", () => {
    const check = judge(items.actions.create.params);
    for (const listing of catalogue) {
      const { title, description, kind, perBuyer = null } = listing;
      const stock = listing.kind === "edition" ? { stock: listing.stock } : {};
      expect(
        check({ title, description, kind, perBuyer, price: { amount: listing.price, currency: CURRENCY }, ...stock }),
      ).toBeUndefined();
    }
  });

  test("descriptions are Markdown of a few paragraphs, without the indentation of their source", () => {
    for (const { description } of catalogue) {
      expect(description.split("\n\n").length).toBeGreaterThanOrEqual(2);
      expect(description).not.toMatch(/^ |[^\n-]\n[^\n-]|undefined/m);
    }
  });

  test("people have e-mail addresses that nobody can own", () => {
    for (const { email } of [buyer, ...sellers]) expect(email).toMatch(/^\w+@(demo\.)?holdfast\.example$/);
  });
});

describe("the goods", () => {
  test("every file is what it says it is", () => {
    for (const { filename, type, bytes } of files) expect([filename, FORMATS[type]?.(bytes)]).toEqual([filename, true]);
  });

  test("the files in an archive are as good as those outside", () => {
    const types: Record<string, string> = {
      svg: "image/svg+xml",
      wav: "audio/wav",
      stl: "model/stl",
      txt: "text/plain",
    };
    for (const { filename, type, bytes } of files.filter((file) => file.type === "application/zip"))
      for (const [name, data] of unzip(bytes)) {
        const format = FORMATS[types[name.split(".").at(-1)!] ?? "text/plain"]!;
        expect([filename, name, type, format(data)]).toEqual([filename, name, type, true]);
      }
  });

  test("are small, and named as the contract asks", () => {
    const check = judge(items.actions.attachFile.params);
    for (const { filename, type, bytes } of files) {
      expect(bytes.length).toBeLessThan(2_000_000);
      expect(check({ id: "x", filename, type, size: bytes.length, sha256: "x", blob: "x" })).toBeUndefined();
    }
  });

  test("are the same every time", () => {
    const listing = catalogue.find(({ title }) => title.startsWith("Night Ferry"))!;
    const [once, again] = [filesOf(listing), filesOf(listing)];
    expect(again.map(({ bytes }, i) => bytes.equals(once[i]!.bytes))).toEqual(once.map(() => true));
  });
});

describe("the keys", () => {
  const pools = catalogue.flatMap((listing) => (listing.kind === "keys" ? [listing.keys()] : []));

  test("come in pools of 20 to 200, each key once", () => {
    expect(pools.length).toBeGreaterThan(3);
    for (const pool of pools) {
      expect(new Set(pool).size).toBe(pool.length);
      expect(pool.length).toBeGreaterThanOrEqual(20);
      expect(pool.length).toBeLessThanOrEqual(200);
      for (const key of pool) expect(key).toMatch(/^[A-Za-z0-9-]+$/);
    }
  });

  test("follow their format and are the same every time, so that a second import adds none", () => {
    expect(keyPool("AB-###", 2)).toEqual(keyPool("AB-###", 2));
    expect(keyPool("AB-###-x", 1)[0]).toMatch(/^AB-[A-HJ-NP-Z2-9]{3}-x$/);
    expect(keyPool("AB-########", 1)).not.toEqual(keyPool("AC-########", 1).map((key) => key.replace("AC", "AB")));
  });
});
