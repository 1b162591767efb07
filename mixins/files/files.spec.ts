import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { typeOf } from "../../core/errors.ts";
import { filesUnder, holding, onBothPlaces, sha, type Holder } from "../../tests/files.ts";
import { skipped } from "../../tests/servers.ts";
import type { FilesHandle } from "./files.ts";

const text = "The quick brown fox";

onBothPlaces("files", (place) => {
  let shop: Holder;
  let files: FilesHandle;
  const start = async () => {
    shop = await holding({ env: place.env() });
    files = shop.files;
  };
  const contents = () => place.contents(shop.dir);
  beforeEach(async () => {
    await start();
    for (const blob of await contents()) await files.remove(blob);
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
    expect(await contents()).toEqual([sha(text)]);
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
    expect(await contents()).toHaveLength(1);
    expect(await upload(10_000_000)).toBe("TOO_LARGE");
    expect(await contents()).toHaveLength(1);
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
    expect(await contents()).toEqual([]);
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

  test("uploads that a crash cut off are removed at start, those under way elsewhere are not", async () => {
    const uploads = join(shop.dir, "files", "uploads");
    mkdirSync(uploads, { recursive: true });
    for (const name of ["stale", "fresh"]) writeFileSync(join(uploads, name), "half an upl");
    const twoHoursAgo = Date.now() / 1000 - 7200;
    utimesSync(join(uploads, "stale"), twoHoursAgo, twoHoursAgo);
    await shop.broker.stop();
    const again = await holding({ env: place.env(), dir: shop.dir });
    expect(await contents()).toEqual(["fresh"]);
    await again.stop();
  });

  test("a full disk is no fault of ours to hide: try again, and nothing stays", async () => {
    const dir = mkdtempSync(join(tmpdir(), "holdfast-"));
    const disk = (...command: string[]) => execFileSync(command[0]!, [...command.slice(1), dir], { stdio: "ignore" });
    try {
      disk("mount", "-t", "tmpfs", "-o", "size=1m", "none");
    } catch {
      rmSync(dir, { recursive: true });
      return skipped("files on a full disk", "a small disk could not be mounted");
    }
    const small = await holding({ env: { ...place.env(), LOGLEVEL: "fatal" }, dir });
    try {
      await expect(small.files.put(Readable.from([Buffer.alloc(3_000_000)]))).rejects.toMatchObject({ code: 503 });
      expect(filesUnder(dir)).toEqual([]);
      expect((await small.files.put(Readable.from([Buffer.from(text)]))).size).toBe(text.length);
    } finally {
      await small.stop();
      disk("umount", "-l");
      rmSync(dir, { recursive: true });
    }
  });
});

describe("signed links", () => {
  let shop: Holder;
  let files: FilesHandle;
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

  beforeAll(async () => {
    shop = await holding();
    files = shop.files;
  });
  afterAll(() => shop.stop());

  test("give back the file they were signed for, for 300 s", async () => {
    const link = await files.sign(file, now);
    expect(link).toMatch(/^\/files\/[0-9a-f]{64}\/[^/?]+\?t=[^&]+&e=\d+&s=[0-9a-f]{64}$/);
    expect(files.verify(link, now)).toEqual(file);
    expect(files.verify(link, now + 299_999)).toEqual(file);
    expect(refused(link, now + 300_000)).toBe("LINK_EXPIRED");
  });

  test("altered in any part they are refused", async () => {
    const link = await files.sign(file, now);
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
