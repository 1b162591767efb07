import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, utimesSync, writeFileSync } from "node:fs";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import type { ServiceSchema } from "moleculer";
import { typeOf } from "../core/errors.ts";
import { testBroker, type TestBroker } from "../tests/broker.ts";
import { Files, type FilesHandle } from "./files.ts";

const sha = (bytes: Buffer | string) => createHash("sha256").update(bytes).digest("hex");
const text = "The quick brown fox";

let shop: TestBroker;
let files: FilesHandle;

const start = async () => {
  await shop.broker.start();
  files = (shop.broker.getLocalService("holder") as unknown as { files: FilesHandle }).files;
};
const contents = () =>
  readdirSync(join(shop.dir, "files"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name);
const open = () => {
  shop = testBroker({ services: [{ name: "holder", mixins: [Files()] } as ServiceSchema] });
};

describe("storing", () => {
  beforeEach(() => {
    open();
    return start();
  });
  afterEach(() => shop.stop());

  test("keeps the bytes under their hash and gives them back, whole and in part", async () => {
    const bytes = Buffer.alloc(1_000_000, text);
    const stored = await files.put(Readable.from([bytes.subarray(0, 300_001), bytes.subarray(300_001)]));
    expect(stored).toEqual({ blob: sha(bytes), size: 1_000_000, sha256: sha(bytes) });
    expect(await files.stat(stored.blob)).toEqual({ size: 1_000_000 });
    expect(sha(await buffer(await files.open(stored.blob)))).toBe(stored.sha256);
    expect((await buffer(await files.open(stored.blob, { start: 4, end: 8 }))).toString()).toBe("quick");
  });

  test("the same bytes are kept once, also when they come at the same time", async () => {
    const puts = Array.from({ length: 8 }, () => files.put(Readable.from([Buffer.from(text)])));
    const stored = await Promise.all(puts);
    expect(new Set(stored.map(({ blob }) => blob)).size).toBe(1);
    expect(contents()).toEqual([sha(text)]);
  });

  test("an upload past the limit is refused and leaves nothing; its sender can still be answered", async () => {
    const server = createServer((req, res) => {
      files.put(req, { maxBytes: 100_000 }).then(
        ({ size }) => res.end(String(size)),
        (error) => res.writeHead(error.code, { connection: "close" }).end(error.type),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, resolve));
    const { port } = server.address() as AddressInfo;
    const upload = (bytes: number) =>
      new Promise<string>((resolve, reject) => {
        const req = request({ port, method: "PUT", headers: { "content-length": bytes } });
        req.once("response", (res) => resolve(buffer(res).then(String))).once("error", reject);
        req.write(Buffer.alloc(Math.min(bytes, 1_000_000)));
      });
    expect(await upload(100_000)).toBe("100000");
    expect(contents()).toHaveLength(1);
    expect(await upload(10_000_000)).toBe("TOO_LARGE");
    expect(contents()).toHaveLength(1);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  test("an upload that breaks off leaves nothing", async () => {
    const broken = Readable.from(
      (async function* () {
        yield Buffer.alloc(1000);
        throw new Error("the client left");
      })(),
    );
    await expect(files.put(broken)).rejects.toThrow("the client left");
    expect(contents()).toEqual([]);
  });

  test("an empty file is a file", async () => {
    const { blob, size } = await files.put(Readable.from([]));
    expect(size).toBe(0);
    expect(await buffer(await files.open(blob))).toHaveLength(0);
  });

  test("removed and unknown blobs, and names that are no blob, are not found", async () => {
    const { blob } = await files.put(Readable.from([Buffer.from(text)]));
    await files.remove(blob);
    await files.remove(blob);
    expect(await files.stat(blob)).toBeNull();
    await expect(files.open(blob)).rejects.toMatchObject({ type: "NOT_FOUND" });
    for (const name of ["../data-key", "..", "", blob.toUpperCase(), `${blob}/x`, `${blob}\n`])
      await expect(files.open(name)).rejects.toMatchObject({ type: "NOT_FOUND" });
  });
});

test("uploads that a crash cut off are removed at start, those under way elsewhere are not", async () => {
  open();
  const uploads = join(shop.dir, "files", "uploads");
  mkdirSync(uploads, { recursive: true });
  for (const name of ["stale", "fresh"]) writeFileSync(join(uploads, name), "half an upl");
  const twoHoursAgo = Date.now() / 1000 - 7200;
  utimesSync(join(uploads, "stale"), twoHoursAgo, twoHoursAgo);
  await start();
  expect(contents()).toEqual(["fresh"]);
  await shop.stop();
});

describe("signed links", () => {
  const file = { blob: sha(text), filename: "Föx & co 100%.pdf", type: "application/pdf" };
  const now = 1_700_000_000_000;
  const refused = (url: string, at = now) => {
    try {
      files.verify(url, at);
    } catch (error) {
      return typeOf(error);
    }
    return undefined;
  };

  beforeAll(() => {
    open();
    return start();
  });
  afterAll(() => shop.stop());

  test("give back the file they were signed for, for 300 s", () => {
    const link = files.sign(file, now);
    expect(link).toMatch(/^\/files\/[0-9a-f]{64}\/[^/?]+\?t=[^&]+&e=\d+&s=[0-9a-f]{64}$/);
    expect(files.verify(link, now)).toEqual(file);
    expect(files.verify(link, now + 299_999)).toEqual(file);
    expect(refused(link, now + 300_000)).toBe("LINK_EXPIRED");
  });

  test("altered in any part they are refused", () => {
    const link = files.sign(file, now);
    const alter = (change: (url: URL) => void) => {
      const url = new URL(link, "http://shop");
      change(url);
      return url.pathname + url.search;
    };
    expect(refused(alter(() => {}))).toBeUndefined();
    const altered = [
      alter((url) => (url.pathname = url.pathname.replace(file.blob, sha("another")))),
      alter((url) => (url.pathname += "x")),
      alter((url) => url.searchParams.set("t", "text/html")),
      alter((url) => url.searchParams.set("e", String(now + 900_000))),
      alter((url) => url.searchParams.set("s", "0".repeat(64))),
      alter((url) => url.searchParams.delete("s")),
      alter((url) => url.searchParams.delete("e")),
      link.replace(".pdf", "%E0%A4"),
      "/files/x",
      "//",
      "",
    ];
    for (const url of altered) expect([url, refused(url)]).toEqual([url, "LINK_EXPIRED"]);
  });
});
