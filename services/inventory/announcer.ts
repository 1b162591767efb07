import type { Runtime, Timer } from "../../core/runtime.ts";

/** Changes of stock within this time are told in one hint, ms. */
const ANNOUNCE_AFTER = 50;

/** Tells every node that stock changed: after the effect, a moment later and all at once. */
export class Announcer {
  readonly #runtime: Runtime;
  readonly #tell: (items: string[]) => void;
  readonly #changed = new Set<string>();
  #timer: Timer | null = null;

  constructor(runtime: Runtime, tell: (items: string[]) => void) {
    this.#runtime = runtime;
    this.#tell = tell;
  }

  announce(items: string[]): void {
    for (const item of items) this.#changed.add(item);
    if (!this.#changed.size) return;
    this.#timer ??= this.#runtime.after(ANNOUNCE_AFTER, () => {
      const told = [...this.#changed];
      this.#changed.clear();
      this.#timer = null;
      this.#tell(told);
    });
  }

  stop(): void {
    this.#timer?.cancel();
  }
}
