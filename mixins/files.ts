import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { defineMixin, type Mixin } from "../core/contract.ts";
import { fail } from "../core/errors.ts";
import type { Runtime, Timer } from "../core/runtime.ts";
import { syncFolder } from "./disk.ts";
import { signLink, verifyLink, type FileLink } from "./files.links.ts";
import { serveFile } from "./files.serve.ts";

/** An upload that gained no byte for so long was cut off by a crash, ms. Other processes may share the folder. */
const ABANDONED = 3_600_000;
const BLOB = /^[0-9a-f]{64}$/;

export interface Stored {
  /** Names the bytes: their SHA-256, so that the same bytes are kept once. */
  blob: string;
  size: number;
  sha256: string;
}

/** What a service finds as `this.files`. */
export interface FilesHandle extends FileStore {
  /** A path on the gateway that gives the file to whoever holds it, for 300 s from `now`. */
  sign(file: FileLink, now: number): string;
  /** What a signed path stands for. Throws LINK_EXPIRED when it is too old, or altered in any way. */
  verify(url: string, now: number): FileLink;
  /** Answers GET and HEAD, ranges and conditions included; see `serveFile`. */
  serve(req: IncomingMessage, res: ServerResponse, file: FileLink): Promise<void>;
}

/** Bytes of files, in DATA_DIR; several processes may share that folder. */
export function Files(): Mixin<{ files: FilesHandle }> {
  return defineMixin<{ files: FilesHandle; $tidying?: Timer }>({
    created() {
      const { config, runtime, secrets } = this;
      const store = new FileStore(join(config.DATA_DIR, "files"), runtime);
      this.files = Object.assign(store, {
        sign: (file: FileLink, now: number) => signLink(secrets, file, now),
        verify: (url: string, now: number) => verifyLink(secrets, url, now),
        serve: (req: IncomingMessage, res: ServerResponse, file: FileLink) => serveFile(store, req, res, file),
      });
    },
    async started() {
      await this.files.tidy();
      const tidy = () => this.files.tidy().catch((error: unknown) => this.logger.warn("Files: not tidied", error));
      this.$tidying = this.runtime.every(ABANDONED, () => void tidy());
    },
    async stopped() {
      this.$tidying?.cancel();
    },
  });
}

/** Content-addressed files in a folder. */
export class FileStore {
  readonly #folder: string;
  readonly #uploads: string;
  readonly #runtime: Runtime;

  constructor(folder: string, runtime: Runtime) {
    this.#folder = folder;
    this.#uploads = join(folder, "uploads");
    this.#runtime = runtime;
  }

  /**
   * Keeps the bytes of a stream; resolves when they lie on the disk, and nothing stays behind otherwise.
   * Throws TOO_LARGE past `maxBytes`; the rest of a request is then left unread, and it can still be answered.
   */
  async put(stream: Readable, { maxBytes = Infinity }: { maxBytes?: number } = {}): Promise<Stored> {
    await mkdir(this.#uploads, { recursive: true });
    const upload = join(this.#uploads, this.#runtime.id());
    try {
      const stored = await receive(stream, upload, maxBytes);
      if (!(await this.stat(stored.blob))) await this.#keep(upload, stored.blob);
      return stored;
    } finally {
      await rm(upload, { force: true });
    }
  }

  /** The bytes from `start` to `end`, both included; all of them by default. Throws NOT_FOUND. */
  async open(blob: string, range: { start?: number; end?: number } = {}): Promise<Readable> {
    const handle = await open(this.#path(blob), "r").catch(absent);
    if (!handle) throw fail("NOT_FOUND");
    return handle.createReadStream(range);
  }

  /** The size in bytes, or null when there is no such file. */
  async stat(blob: string): Promise<{ size: number } | null> {
    const found = await stat(this.#path(blob)).catch(absent);
    return found && { size: found.size };
  }

  /** Removes the bytes, for everybody who stored the same ones: whether anyone needs them is for the caller to know. */
  async remove(blob: string): Promise<void> {
    await rm(this.#path(blob), { force: true });
  }

  /** Removes uploads that a crash cut off. */
  async tidy(): Promise<void> {
    for (const name of (await readdir(this.#uploads).catch(absent)) ?? []) {
      const upload = join(this.#uploads, name);
      const found = await stat(upload).catch(absent);
      if (found && found.mtimeMs < this.#runtime.now() - ABANDONED) await rm(upload, { force: true });
    }
  }

  async #keep(upload: string, blob: string): Promise<void> {
    const path = this.#path(blob);
    await mkdir(dirname(path), { recursive: true });
    await rename(upload, path);
    await syncFolder(dirname(path));
    await syncFolder(this.#folder);
  }

  /** A name that is no SHA-256 leads nowhere, above all not out of the folder. */
  #path(blob: string): string {
    if (!BLOB.test(blob)) throw fail("NOT_FOUND");
    return join(this.#folder, blob.slice(0, 2), blob);
  }
}

async function receive(stream: Readable, file: string, maxBytes: number): Promise<Stored> {
  const hash = createHash("sha256");
  let size = 0;
  const handle = await open(file, "wx");
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > maxBytes) throw fail("TOO_LARGE", { maxBytes });
      hash.update(chunk);
      await handle.writeFile(chunk);
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
  const sha256 = hash.digest("hex");
  return { blob: sha256, size, sha256 };
}

function absent(error: NodeJS.ErrnoException): null {
  if (error.code === "ENOENT") return null;
  throw error;
}
