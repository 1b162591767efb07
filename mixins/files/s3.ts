import { createReadStream } from "node:fs";
import type { Readable } from "node:stream";
import {
  AbortMultipartUploadCommand,
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  type S3Client,
} from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { fail, typeOf } from "../../core/errors.ts";
import type { Runtime } from "../../core/runtime.ts";
import { s3Address } from "../../core/s3.ts";
import type { Troubles } from "../../core/trouble.ts";
import { resuming, type Part } from "./resume.ts";
import { codeOf, s3Client, SOON } from "./s3.client.ts";
import type { Spool } from "./spool.ts";
import { checked, isBlob, type ByteRange, type FileStore, type Stored } from "./store.ts";

/** Larger files go in parts of this size, bytes, or in larger ones where that would be too many. */
const PART = 8 * 1_048_576;
const MOST_PARTS = 10_000;
/** Parts of one upload that are in memory and under way at the same time. */
const PARTS_AT_ONCE = 2;
/** An upload that nobody completed for so long was cut off, ms. The largest take hours. */
const UNFINISHED = 86_400_000;

export interface S3Options {
  url: string;
  /** Where uploads wait until their name is known. */
  spool: Spool;
  runtime: Runtime;
  troubles: Pick<Troubles, "met" | "over">;
}

/** Files in a bucket of an S3-compatible store; the SHA-256 is the key. */
export class S3Store implements FileStore {
  readonly #bucket: string;
  readonly #client: S3Client;
  readonly #options: S3Options;

  constructor(options: S3Options) {
    const address = s3Address(options.url)!;
    this.#bucket = address.bucket;
    this.#client = s3Client(address);
    this.#options = options;
  }

  /** Makes the bucket where it is missing. */
  async connect(): Promise<void> {
    const Bucket = this.#bucket;
    try {
      // Unlike a HEAD it is answered in words.
      await this.#client.send(new ListObjectsV2Command({ Bucket, MaxKeys: 1 }), SOON);
    } catch (error) {
      if (codeOf(error) !== "NoSuchBucket") throw error;
      await this.#client.send(new CreateBucketCommand({ Bucket }), SOON).catch((refusal: Error) => {
        // Another process was faster.
        if (codeOf(refusal) === "BucketAlreadyOwnedByYou") return;
        const words = `there is no bucket ${Bucket}, and it cannot be made: ${refusal.name}: ${refusal.message}`;
        throw new Error(words, { cause: refusal });
      });
    }
    this.#options.troubles.over("S3_URL");
  }

  put(stream: Readable, { maxBytes = Infinity }: { maxBytes?: number } = {}): Promise<Stored> {
    return this.#options.spool.take(stream, maxBytes, async (file, { blob, size }) => {
      if (!(await this.stat(blob))) await this.#upload(file, blob, size);
    });
  }

  async open(blob: string, { start = 0, end }: ByteRange = {}): Promise<Readable> {
    const place = this.#place(blob);
    const fetchFrom = async (at: number): Promise<Part> => {
      const Range = at > 0 || end !== undefined ? `bytes=${at}-${end ?? ""}` : undefined;
      const get = this.#client.send(new GetObjectCommand({ ...place, Range }), SOON);
      const { Body, ContentLength } = await this.#answer(get);
      return { body: Body as Readable, length: ContentLength! };
    };
    return resuming({
      runtime: this.#options.runtime,
      start,
      first: await fetchFrom(start),
      fetchFrom,
      giveUp: (error) => this.#away(error),
    });
  }

  async stat(blob: string): Promise<{ size: number } | null> {
    const place = this.#place(blob);
    try {
      const { ContentLength } = await this.#answer(this.#client.send(new HeadObjectCommand(place), SOON));
      return { size: ContentLength! };
    } catch (error) {
      if (typeOf(error) !== "NOT_FOUND") throw error;
    }
    // A HEAD is answered without words: a missing bucket looks like a missing file.
    await this.#client.send(new HeadBucketCommand({ Bucket: this.#bucket }), SOON).catch((error: unknown) => {
      throw this.#away(error);
    });
    return null;
  }

  async remove(blob: string): Promise<void> {
    await this.#answer(this.#client.send(new DeleteObjectCommand(this.#place(blob)), SOON)).catch((error: unknown) => {
      if (typeOf(error) !== "NOT_FOUND") throw error;
    });
  }

  async tidy(): Promise<void> {
    const { spool, runtime } = this.#options;
    await spool.tidy();
    // A thousand at most; the next time gets the next ones.
    const listed = this.#client.send(new ListMultipartUploadsCommand({ Bucket: this.#bucket }), SOON);
    const { Uploads = [] } = await this.#answer(listed);
    const before = runtime.now() - UNFINISHED;
    for (const { Key = "", UploadId, Initiated } of Uploads)
      if (isBlob(Key) && UploadId && Initiated && Initiated.getTime() < before) await this.#abort(Key, UploadId);
  }

  close(): void {
    this.#client.destroy();
  }

  async #upload(file: string, blob: string, size: number): Promise<void> {
    const body = createReadStream(file);
    const upload = new Upload({
      client: this.#client,
      params: { ...this.#place(blob), Body: body, ContentLength: size },
      partSize: Math.max(PART, Math.ceil(size / MOST_PARTS)),
      queueSize: PARTS_AT_ONCE,
    });
    try {
      await this.#answer(upload.done());
    } catch (error) {
      // Where the store is away, `tidy` does it later.
      if (upload.uploadId) await this.#abort(blob, upload.uploadId).catch(() => {});
      throw error;
    } finally {
      body.destroy();
    }
  }

  async #abort(blob: string, UploadId: string): Promise<void> {
    await this.#client.send(new AbortMultipartUploadCommand({ ...this.#place(blob), UploadId }), SOON);
  }

  #place(blob: string): { Bucket: string; Key: string } {
    return { Bucket: this.#bucket, Key: checked(blob) };
  }

  async #answer<T>(asked: Promise<T>): Promise<T> {
    try {
      const answer = await asked;
      this.#options.troubles.over("S3_URL");
      return answer;
    } catch (error) {
      const code = codeOf(error);
      throw code === "NoSuchKey" || code === "NotFound" ? fail("NOT_FOUND") : this.#away(error);
    }
  }

  /** Whatever keeps the store from answering is the operator's to read; for everybody else it is away. */
  #away(error: unknown): Error {
    if (typeOf(error)) return error as Error;
    this.#options.troubles.met("S3_URL", error);
    return fail("TRY_AGAIN");
  }
}
