import { expect, test } from "@jest/globals";
import { unzip } from "./unzip.ts";
import { zip } from "./zip.ts";

const text = "the same words, ".repeat(500);

test("what goes in comes out, packed or stored", () => {
  const bytes = Buffer.from([0, 1, 254, 255]);
  const read = unzip(
    zip([
      { name: "a/text.txt", data: text },
      { name: "Grüße.txt", data: "née" },
      { name: "stored.bin", data: bytes, stored: true },
      { name: "empty", data: "" },
    ]),
  );
  expect([...read.keys()]).toEqual(["a/text.txt", "Grüße.txt", "stored.bin", "empty"]);
  expect(read.get("a/text.txt")!.toString()).toBe(text);
  expect(read.get("Grüße.txt")!.toString()).toBe("née");
  expect(read.get("stored.bin")).toEqual(bytes);
  expect(read.get("empty")).toHaveLength(0);
});

test("packs what is not to be stored", () => {
  expect(zip([{ name: "text", data: text }]).length).toBeLessThan(400);
  expect(zip([{ name: "text", data: text, stored: true }]).length).toBeGreaterThan(text.length);
});

test("gives the same archive every time", () => {
  const entries = [{ name: "text", data: text }];
  expect(zip(entries)).toEqual(zip(entries));
});

test("an archive of nothing is an archive", () => {
  expect(unzip(zip([])).size).toBe(0);
});
