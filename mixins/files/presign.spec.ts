import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { Readable } from "node:stream";
import { describeWith } from "../../tests/broker.ts";
import { Bucket, holding, type Holder } from "../../tests/files.ts";
import { s3 } from "../../tests/servers.ts";

const text = "The quick brown fox";
const stream = (content: string) => Readable.from([Buffer.from(content)]);

describeWith(s3, "links of the object store itself", (server) => {
  let shop: Holder;
  let origin: string;
  let blob: string;
  let now: number;
  const sign = (at = now) => shop.files.sign({ blob, filename: 'Föx "1".html', type: "text/html" }, at);

  beforeAll(async () => {
    origin = new URL(server().url).origin;
    shop = await holding({ env: { S3_URL: new Bucket(server().url).url, S3_PUBLIC_URL: origin } });
    blob = (await shop.files.put(stream(text))).blob;
    now = shop.runtime.now();
  });
  afterAll(() => shop.stop());

  test("give the file as an attachment of the type asked for, and parts of it", async () => {
    const link = await sign();
    expect(link).toMatch(new RegExp(`^${origin}/holdfast-[0-9a-f]+/${blob}\\?`));
    expect(link).not.toContain("holdfast-secret");
    const answer = await fetch(link);
    expect([answer.status, await answer.text()]).toEqual([200, text]);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      "content-type": "text/html",
      "content-disposition": `attachment; filename="F_x _1_.html"; filename*=UTF-8''F%C3%B6x%20%221%22.html`,
      "cache-control": "private",
    });
    const part = await fetch(link, { headers: { range: "bytes=4-8" } });
    expect([part.status, await part.text()]).toEqual([206, "quick"]);
  });

  test("last for 300 s", async () => {
    expect((await fetch(await sign(now - 240_000))).status).toBe(200);
    expect((await fetch(await sign(now - 301_000))).status).toBe(403);
  });

  test("are refused when they are altered", async () => {
    const other = (await shop.files.put(stream("another"))).blob;
    const link = await sign();
    const altered = [
      link.replace(blob, other),
      link.replace("text%2Fhtml", "text%2Fplain"),
      link.replace("X-Amz-Expires=300", "X-Amz-Expires=3000"),
      link.replace(/X-Amz-Signature=\w+/, `X-Amz-Signature=${"0".repeat(64)}`),
      link.split("?")[0]!,
    ];
    expect(new Set([link, ...altered]).size).toBe(6);
    for (const url of altered) expect([url, (await fetch(url)).status]).toEqual([url, 403]);
  });
});
