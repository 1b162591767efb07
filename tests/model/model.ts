import type { Answer, Op, Program } from "./replay.ts";

/** What may come of an operation. */
export interface Outcome<W> {
  answer: Answer;
  /** The cells that it changes. */
  set?: Partial<W>;
  /** Happens, but not when all goes well: what must end well needs none of these. */
  mishap?: boolean;
}

/** A world is a record of cells, each an immutable value of plain JSON. */
export interface Model<W extends object> {
  initial: W;
  /** How many processes of each role may be on their way at once. */
  roles: readonly number[];
  /** An operation that nobody needs to come in before: it is done together with the one before it. */
  immediate(op: Op): boolean;
  /** Runs an operation, in one step. */
  run(op: Op, world: W): Outcome<W>[];
  /** An operation that is a whole process, run in one step, but it may break off after any of its own; and the cells it needs. */
  command(op: Op): { program: Program; cells: readonly (keyof W & string)[] } | null;
  /** Whether the operation changes nothing, and nobody can change what comes of it any more. */
  settled(op: Op, world: W): boolean;
  /** The errors that an operation may fail with, its effect then unknown. */
  failures(op: Op): unknown[];
  /** Who may start now, and as what; role null: a single operation that is nobody's. */
  starts(world: W): { role: number | null; program: Program }[];
  /** What makes every document that is not at rest go on, by itself. */
  sweeps(world: W): Program[];
  /** The property that does not hold here. */
  violation(world: W): string | null;
  /** The property that a change of these cells breaks. */
  forbidden(before: W, after: W): string | null;
  /** What is not at rest, or rests where it should not. */
  unfinished(world: W): string | null;
}
