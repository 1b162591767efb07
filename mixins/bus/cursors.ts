import { readFile } from "node:fs/promises";
import type { Runtime, Timer } from "../../core/runtime.ts";
import { replaceFile } from "../disk.ts";

/** How long an acknowledgement may be unsaved, ms. A lost one means one more delivery, nothing else. */
const SAVE_AFTER = 1000;

/** What a group has handled of one type of facts: all up to `position`, but for those that are `open`. */
interface Cursor {
  position: number;
  open: number[];
}

interface Logger {
  warn(...words: unknown[]): void;
}

/** By type of fact. */
export type GroupCursors = Record<string, Cursor>;

/** The cursors of all groups, in one file. */
export class Cursors {
  readonly #file: string;
  readonly #runtime: Runtime;
  readonly #logger: Logger;
  readonly #saved: Record<string, GroupCursors>;
  readonly #active = new Map<string, () => GroupCursors>();
  #timer: Timer | undefined;
  #saving: Promise<void> = Promise.resolve();

  private constructor(file: string, runtime: Runtime, logger: Logger, saved: Record<string, GroupCursors>) {
    this.#file = file;
    this.#runtime = runtime;
    this.#logger = logger;
    this.#saved = saved;
  }

  static async load(file: string, runtime: Runtime, logger: Logger): Promise<Cursors> {
    const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return "{}";
      throw error;
    });
    try {
      return new Cursors(file, runtime, logger, JSON.parse(text) as Record<string, GroupCursors>);
    } catch {
      throw new Error(`${file} is damaged; without it every group begins anew`);
    }
  }

  of(group: string): GroupCursors {
    return this.#active.get(group)?.() ?? this.#saved[group] ?? {};
  }

  /** From now on the group itself says where it is; resolves when its first position is durable. */
  async follow(group: string, current: () => GroupCursors): Promise<void> {
    this.#active.set(group, current);
    await this.save();
  }

  /** The group has stopped, and its position is kept for its next start. */
  unfollow(group: string): void {
    this.#saved[group] = this.of(group);
    this.#active.delete(group);
    this.touch();
  }

  /** Something was acknowledged: it will be saved soon. */
  touch(): void {
    this.#timer ??= this.#runtime.after(SAVE_AFTER, () => {
      this.#timer = undefined;
      this.save().catch((error: unknown) => this.#logger.warn("Bus: cursors not saved, facts may come again", error));
    });
  }

  async close(): Promise<void> {
    this.#timer?.cancel();
    await this.save();
  }

  save(): Promise<void> {
    const write = () => {
      for (const group of this.#active.keys()) this.#saved[group] = this.of(group);
      return replaceFile(this.#file, JSON.stringify(this.#saved));
    };
    return (this.#saving = this.#saving.then(write, write));
  }
}
