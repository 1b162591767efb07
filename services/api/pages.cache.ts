import type { Runtime, Timer } from "../../core/runtime.ts";
import type { RenderedPage } from "./pages.reply.ts";
import { Reads } from "./pages.shared.ts";

/** However many ask for a page, it is rendered once in this time, ms; whoever asks in between waits for the next time. */
export const RENDER_EVERY = 250;
/**
 * Other services hear of a change a moment later than we do, ms: pages with lists, which come from their indexes, are
 * out of date once more then. With the way of the fact itself nobody sees what was before it for longer than 300 ms.
 */
const SETTLES_WITHIN = 200;
/** Hints may get lost, and the countdown in a page stands still: no page is shown for longer than this, ms. */
export const FRESH_FOR = 10_000;
/** How many addresses are remembered. */
const MAX_PAGES = 1000;
/** What all kept pages weigh together, bytes, every encoding of them counted. */
const MAX_BYTES = 33_554_432;

/** Renders a page, and notes what it read. Null: it is not for everybody after all. */
type Render = (reads: Reads) => Promise<RenderedPage | null>;

interface Rendering {
  reads: Reads;
  page: Promise<RenderedPage | null>;
}

interface Slot {
  kept: { page: RenderedPage; reads: Reads } | null;
  /** When the last rendering began, ms. */
  began: number;
  /** What it reads is up to date as far as we know, so that whoever comes now may have it too. */
  running: Rendering | null;
  /** The next one, which has not begun. */
  next: Promise<RenderedPage | null> | null;
}

/** Pages that many people share, in memory until something that they show has changed. The least asked for goes first. */
export class PageCache {
  readonly #runtime: Runtime;
  readonly #slots = new Map<string, Slot>();
  #bytes = 0;
  #settling: Timer | undefined;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  /** The page of this name, as of now or later. What fails to render, or is none for everybody, is not kept. */
  async get(name: string, render: Render): Promise<RenderedPage | null> {
    const slot = this.#slot(name);
    if (slot.kept && this.#runtime.now() - slot.began < FRESH_FOR) return slot.kept.page;
    return slot.running?.page ?? (slot.next ??= this.#render(name, slot, render));
  }

  /** These items have changed: their data, or how many copies are to be had. */
  changed(items: readonly string[]): void {
    this.#outdate((reads) => reads.concern(items));
    this.#settling?.cancel();
    this.#settling = this.#runtime.after(SETTLES_WITHIN, () => this.#outdate((reads) => reads.all));
  }

  async #render(name: string, slot: Slot, render: Render): Promise<RenderedPage | null> {
    const wait = slot.began + RENDER_EVERY - this.#runtime.now();
    await (wait > 0 ? this.#runtime.sleep(Math.min(wait, RENDER_EVERY)) : undefined);
    const reads = new Reads();
    slot.next = null;
    slot.began = this.#runtime.now();
    const rendering = (slot.running = { reads, page: render(reads) });
    try {
      const page = await rendering.page;
      // Unless something changed under way: then it is good for those alone who had asked before.
      if (slot.running === rendering && page?.status === 200) this.#keep(name, slot, page, reads);
      return page;
    } finally {
      if (slot.running === rendering) slot.running = null;
    }
  }

  #slot(name: string): Slot {
    const slot = this.#slots.get(name) ?? { kept: null, began: -Infinity, running: null, next: null };
    this.#slots.delete(name);
    this.#slots.set(name, slot);
    this.#makeRoom();
    return slot;
  }

  #keep(name: string, slot: Slot, page: RenderedPage, reads: Reads): void {
    if (this.#slots.get(name) !== slot) return;
    this.#forget(slot);
    slot.kept = { page, reads };
    this.#bytes += page.bytes;
    this.#makeRoom();
  }

  #makeRoom(): void {
    for (const [name, slot] of this.#slots) {
      if (this.#slots.size <= MAX_PAGES && this.#bytes <= MAX_BYTES) return;
      this.#forget(slot);
      this.#slots.delete(name);
    }
  }

  #forget(slot: Slot): void {
    this.#bytes -= slot.kept?.page.bytes ?? 0;
    slot.kept = null;
  }

  #outdate(isConcerned: (reads: Reads) => boolean): void {
    for (const slot of this.#slots.values()) {
      if (slot.kept && isConcerned(slot.kept.reads)) this.#forget(slot);
      if (slot.running && isConcerned(slot.running.reads)) slot.running = null;
    }
  }
}
