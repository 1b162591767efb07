import type { Engine } from "./engine.ts";

export interface Ending {
  /** What is not as it should be; null when all is well. */
  lack: string | null;
  /** What the sweepers did until then. */
  trace: string[];
}

/**
 * How it ends from a world when every process is gone and nothing runs any more but sweepers, without mishaps. Of
 * all orders in which they may run this is one: the first that finds something to do goes first.
 */
export class Endings<W extends object> {
  #engine: Engine<W>;
  #known = new Map<number, Ending>();

  constructor(engine: Engine<W>) {
    this.#engine = engine;
  }

  async of(world: number): Promise<Ending> {
    const path: { world: number; did: string }[] = [];
    let ending: Ending | undefined;
    for (let at = world; !(ending = this.#known.get(at));) {
      const lack = this.#engine.model.unfinished(this.#engine.worlds[at]!);
      const again = path.some((one) => one.world === at);
      const next = lack === null || again ? null : await this.#sweep(at);
      if (!next) {
        ending = { lack: again ? `${lack}, for ever` : lack, trace: [] };
        this.#known.set(at, ending);
        break;
      }
      path.push({ world: at, did: next.did });
      at = next.world;
    }
    for (const one of path.reverse()) {
      ending = { lack: ending.lack, trace: [`sweeper: ${one.did}`, ...ending.trace] };
      this.#known.set(one.world, ending);
    }
    return ending;
  }

  async #sweep(world: number): Promise<{ world: number; did: string } | null> {
    for (const program of this.#engine.model.sweeps(this.#engine.worlds[world]!)) {
      let at = world;
      let point = await this.#engine.start(program);
      do {
        const well = (await this.#engine.ask(point, at)).find(({ mishap }) => !mishap);
        if (!well) break;
        at = well.world;
        point = well.point;
      } while (point.op && !point.isStart);
      if (at !== world) return { world: at, did: program.name };
    }
    return null;
  }
}
