import { mkdir, readFile, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { fail } from "../../core/errors.ts";
import type { DeadLetter } from "./bus.ts";
import { replaceFile } from "../disk.ts";

const LISTED = 1000;
const ID = /^[\w-]+$/;

/** Dead letters of the embedded log, a file each. */
export class DeadLetterFolder {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async open(): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
  }

  /** Resolves when it is durable. */
  add(letter: DeadLetter): Promise<void> {
    return replaceFile(this.#path(letter.id), JSON.stringify(letter));
  }

  async list(): Promise<DeadLetter[]> {
    const names = (await readdir(this.#folder)).filter((name) => name.endsWith(".json"));
    const letters = await Promise.all(names.map((name) => this.get(name.slice(0, -".json".length)).catch(() => null)));
    const found = letters.filter((letter) => letter !== null);
    return found.sort((a, b) => a.at - b.at).slice(0, LISTED);
  }

  async get(id: string): Promise<DeadLetter> {
    const text = await readFile(this.#path(id), "utf8").catch(missing);
    return JSON.parse(text) as DeadLetter;
  }

  async drop(id: string): Promise<void> {
    await rm(this.#path(id)).catch(missing);
  }

  #path(id: string): string {
    if (!ID.test(id)) throw fail("NOT_FOUND");
    return join(this.#folder, `${id}.json`);
  }
}

function missing(error: NodeJS.ErrnoException): never {
  throw error.code === "ENOENT" ? fail("NOT_FOUND") : error;
}
