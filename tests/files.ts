import { createHash, randomBytes } from "node:crypto";
import { globSync } from "node:fs";
import { join } from "node:path";
import { describe } from "@jest/globals";
import type { ServiceSchema } from "moleculer";
import { systemRuntime, type Runtime } from "../core/runtime.ts";
import { s3Address } from "../core/s3.ts";
import { Files, type FilesHandle } from "../mixins/files/files.ts";
import { describeWith, testBroker, type TestBroker, type TestBrokerOptions } from "./broker.ts";
import { s3 } from "./servers.ts";

export const sha = (bytes: Buffer | string) => createHash("sha256").update(bytes).digest("hex");

export const MEGABYTE = 1_048_576;
export const large = (megabytes: number) => randomBytes(megabytes * MEGABYTE);

/** Longer than anything is kept that a crash cut off, ms. */
export const DAY = 25 * 3_600_000;

/** Limits are a tenth as long, pauses a fiftieth, and the clock goes ahead by `ahead` ms. */
export const hasty = (ahead = 0): Runtime => {
  const real = systemRuntime();
  return {
    ...real,
    now: () => real.now() + ahead,
    after: (ms, run) => real.after(ms / 10, run),
    sleep: (ms) => real.sleep(ms / 50),
  };
};

export async function until(condition: () => unknown): Promise<void> {
  for (const end = Date.now() + 60_000; !(await condition()); await new Promise((resolve) => setTimeout(resolve, 5)))
    if (Date.now() > end) throw new Error("waited in vain");
}

/** A service that does nothing but hold files. */
export const holder = { name: "holder", mixins: [Files()] } as ServiceSchema;

export interface Holder extends TestBroker {
  files: FilesHandle;
}

/** Resolves when the service is started, and so its store there. */
export async function holding(options: TestBrokerOptions = {}): Promise<Holder> {
  const shop = testBroker({ ...options, services: [holder] });
  await shop.broker.start();
  const { files } = shop.broker.getLocalService("holder") as unknown as { files: FilesHandle };
  return { ...shop, files };
}

/** The names of all files under a data folder's `files`, those of uploads included. */
export const filesUnder = (dir: string): string[] =>
  globSync(join(dir, "files", "**"), { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name);

/** A bucket of its own in an object store; whoever uses it first makes it. */
export class Bucket {
  readonly url: string;

  constructor(server: string) {
    const url = new URL(server);
    url.pathname = `/holdfast-${randomBytes(8).toString("hex")}`;
    this.url = url.href;
  }

  keys(): Promise<string[]> {
    return this.#ask(async (client, { ListObjectsV2Command }, Bucket) => {
      const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket }));
      return Contents.map(({ Key }) => Key!);
    });
  }

  /** How many uploads in parts are not completed. */
  unfinished(): Promise<number> {
    return this.#ask(async (client, { ListMultipartUploadsCommand }, Bucket) => {
      const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket }));
      return Uploads.length;
    });
  }

  async #ask<T>(
    question: (
      client: import("@aws-sdk/client-s3").S3Client,
      sdk: typeof import("@aws-sdk/client-s3"),
      bucket: string,
    ) => Promise<T>,
  ): Promise<T> {
    const address = s3Address(this.url)!;
    const [sdk, { s3Client }] = await Promise.all([
      import("@aws-sdk/client-s3"),
      import("../mixins/files/s3.client.ts"),
    ]);
    const client = s3Client(address);
    try {
      return await question(client, sdk, address.bucket);
    } finally {
      client.destroy();
    }
  }
}

/** Where the tests of a block keep files: what to configure, and what lies there. */
export interface Place {
  env(): { S3_URL?: string };
  /** All that is there, uploads included. */
  contents(dir: string): Promise<string[]>;
}

/** Runs a block of tests on a folder and on an object store, where each block has a bucket. */
export function onBothPlaces(name: string, body: (place: Place) => void): void {
  describe(`${name} in a folder`, () => body({ env: () => ({}), contents: async (dir) => filesUnder(dir) }));
  describeWith(s3, `${name} in an object store`, (server) => {
    let own: Bucket | undefined;
    const bucket = () => (own ??= new Bucket(server().url));
    body({
      env: () => ({ S3_URL: bucket().url }),
      contents: async (dir) => [...filesUnder(dir), ...(await bucket().keys())],
    });
  });
}
