import { mkdir, open, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { fail } from "../../core/errors.ts";
import { syncFile, syncFolder } from "../disk.ts";
import { absent, type Spool } from "./spool.ts";
import { checked, type ByteRange, type FileStore, type Stored } from "./store.ts";

/** Files in a folder; several processes may share it. */
export class FolderStore implements FileStore {
  readonly #folder: string;
  readonly #spool: Spool;

  /** Both on one volume: an upload is kept by giving it its name. */
  constructor(folder: string, spool: Spool) {
    this.#folder = folder;
    this.#spool = spool;
  }

  async connect(): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
  }

  put(stream: Readable, { maxBytes = Infinity }: { maxBytes?: number } = {}): Promise<Stored> {
    return this.#spool.take(stream, maxBytes, async (file, { blob }) => {
      if (!(await this.stat(blob))) await this.#keep(file, blob);
    });
  }

  async open(blob: string, range: ByteRange = {}): Promise<Readable> {
    const handle = await open(this.#path(blob), "r").catch(absent);
    if (!handle) throw fail("NOT_FOUND");
    return handle.createReadStream(range);
  }

  async stat(blob: string): Promise<{ size: number } | null> {
    const found = await stat(this.#path(blob)).catch(absent);
    return found && { size: found.size };
  }

  async remove(blob: string): Promise<void> {
    await rm(this.#path(blob), { force: true });
  }

  tidy(): Promise<void> {
    return this.#spool.tidy();
  }

  close(): void {}

  async #keep(file: string, blob: string): Promise<void> {
    const path = this.#path(blob);
    await syncFile(file);
    await mkdir(dirname(path), { recursive: true });
    await rename(file, path);
    await syncFolder(dirname(path));
    await syncFolder(this.#folder);
  }

  #path(blob: string): string {
    return join(this.#folder, checked(blob).slice(0, 2), blob);
  }
}
