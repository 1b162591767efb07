import { within, type Runtime } from "../../core/runtime.ts";
import type { OrderDoc } from "./order.ts";
import { drive, type Saga } from "./saga.ts";

/** Carries orders on for whoever can wait for it only so long; the sweeper goes on with the rest. */
export class Driver {
  readonly #saga: Saga;
  readonly #runtime: Runtime;
  readonly #warn: (...words: unknown[]) => void;

  constructor(saga: Saga, runtime: Runtime, warn: (...words: unknown[]) => void) {
    this.#saga = saga;
    this.#runtime = runtime;
    this.#warn = warn;
  }

  /** Until it rests, or nobody waits any more: then the order as it is by now. */
  async within(ms: number, id: string, known?: OrderDoc): Promise<OrderDoc | null> {
    return (await within(this.#runtime, ms, this.safely(id, known))) ?? this.#saga.orders.get(id);
  }

  /** What fails now is left to the sweeper. */
  async safely(id: string, known?: OrderDoc): Promise<OrderDoc | null> {
    try {
      return await drive(this.#saga, id, known);
    } catch (error) {
      this.#warn(`Order ${id} is left to the sweeper`, error);
      return null;
    }
  }
}
