import { Point, type Answer, type Op, type Program } from "./replay.ts";

/** What may come of an operation. */
export interface Outcome<W> {
  answer: Answer;
  /** The cells that it changes. */
  set?: Partial<W>;
  /** Happens, but not when all goes well: what must end well needs none of these. */
  mishap?: boolean;
  /** It would have been the same later, so nobody needs to come in before the next operation. */
  onward?: boolean;
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
  /** An operation that is a whole process, run in one step; but it may break off after any of its own. */
  command(op: Op): Program | null;
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

/** One way on: the number of the world as it is then, and where the process is. */
export interface Branch {
  world: number;
  point: Point;
  /** The operation and its answer. */
  op: Op;
  answer: Answer;
  mishap: boolean;
  forbidden: string | null;
}

/** `settled`: it is certain already, and nobody would notice. */
export type Branches = Branch[] & { settled?: boolean };

/** An outcome unknown to whoever asked. */
export const BROKEN_OFF = new Error("broken off");

/** Knows every world by a number, and what comes of every operation in it. */
export class Engine<W extends object> {
  readonly model: Model<W>;
  readonly worlds: W[] = [];
  #numbers = new Map<string, number>();
  #values = new Map<string, { number: number; value: unknown }>();
  #numberOf = new Map<unknown, number>();
  #starts = new Map<string, Promise<Point>>();

  constructor(model: Model<W>) {
    this.model = model;
    this.#number(model.initial);
  }

  start(program: Program): Promise<Point> {
    let point = this.#starts.get(program.name);
    if (!point) this.#starts.set(program.name, (point = Point.start(program)));
    return point;
  }

  /** What may come of a point's operation in this world; undefined when that was never asked. */
  known(point: Point, world: number): Branches | undefined {
    return point.memo.get(world) as Branches | undefined;
  }

  async ask(point: Point, world: number): Promise<Branches> {
    let branches = this.known(point, world);
    if (!branches) {
      branches = distinct(await this.#branches(point, world));
      branches.settled = branches.length === 1 && branches[0]!.world === world && this.model.settled(point.op!, this.worlds[world]!);
      point.memo.set(world, branches);
    }
    return branches;
  }

  async #branches(point: Point, world: number): Promise<Branch[]> {
    const branches: Branch[] = [];
    const before = this.worlds[world]!;
    for (const { answer, set, mishap = false, onward } of await this.#outcomes(point.op!, world)) {
      const next = await point.after(answer);
      const then = set ? this.#number({ ...before, ...set }) : world;
      // An error that nobody catches, and that changed nothing, is a crash; those are explored anyway.
      if (next.end && "error" in next.end && then === world) {
        mustBeExpected(next.end.error);
        continue;
      }
      const forbidden = then === world ? null : this.model.forbidden(before, this.worlds[then]!);
      const branch = { world: then, point: next, op: point.op!, answer, mishap, forbidden };
      if (next.op && (onward || this.model.immediate(next.op))) branches.push(...(await this.#goOn(branch)));
      else branches.push(branch);
    }
    return branches;
  }

  /** Answers that lead to the same question make no difference: times, mostly, that are only stamps. */
  async #goOn(branch: Branch): Promise<Branch[]> {
    const further = await this.ask(branch.point, branch.world);
    const told = further.filter(({ point, world }, n) => !further.slice(0, n).some((other) => other.world === world && other.point.asksTheSameAs(point)));
    return told.map((next) => ({ ...(next.world === branch.world ? branch : next), point: next.point, mishap: branch.mishap || next.mishap, forbidden: branch.forbidden ?? next.forbidden }));
  }

  async #outcomes(op: Op, world: number): Promise<Outcome<W>[]> {
    const program = this.model.command(op);
    if (program) return this.#command(program, world);
    const went = this.model.run(op, this.worlds[world]!);
    const failed = this.model.failures(op).flatMap((error) => [
      { answer: { error }, mishap: true },
      ...went.filter(({ set }) => set).map(({ set }) => ({ answer: { error }, set: set!, mishap: true })),
    ]);
    return [...went, ...failed];
  }

  /** Everything that may come of a whole process that nobody comes in between. */
  async #command(program: Program, world: number): Promise<Outcome<W>[]> {
    const outcomes: Outcome<W>[] = [];
    const open = [{ world, point: await this.start(program), mishap: false }];
    const seen = new Set<string>();
    for (let one = open.pop(); one; one = open.pop()) {
      const set = this.worlds[one.world]!;
      if (one.point.end) outcomes.push({ answer: one.point.end, set, mishap: one.mishap });
      else outcomes.push({ answer: { error: BROKEN_OFF }, set, mishap: true });
      if (one.point.end) continue;
      for (const branch of await this.ask(one.point, one.world)) {
        const next = { ...branch, mishap: one.mishap || branch.mishap };
        const key = `${next.world}:${next.point.id}:${next.mishap}`;
        if (!seen.has(key)) open.push(next);
        seen.add(key);
      }
    }
    return outcomes;
  }

  #number(world: W): number {
    const cells = Object.entries(world).map(([cell, value]) => [cell, this.#intern(value)] as const);
    const key = cells.map(([, value]) => this.#numberOf.get(value)).join();
    let number = this.#numbers.get(key);
    if (number === undefined) {
      number = this.worlds.push(Object.fromEntries(cells) as W) - 1;
      this.#numbers.set(key, number);
    }
    return number;
  }

  /** Equal values become one, that nobody can change. */
  #intern(value: unknown): unknown {
    if (this.#numberOf.has(value)) return value;
    const json = JSON.stringify(value);
    let known = this.#values.get(json);
    if (!known) {
      known = { number: this.#values.size, value: frozen(JSON.parse(json)) };
      this.#values.set(json, known);
      this.#numberOf.set(known.value, known.number);
    }
    return known.value;
  }
}

/** Of branches that come to the same, one; rather one without a mishap. */
const distinct = (branches: Branch[]): Branch[] => {
  const byWhere = new Map<string, Branch>();
  for (const branch of branches) {
    const where = `${branch.world}:${branch.point.end ? 0 : branch.point.id}`;
    if (!byWhere.has(where) || !branch.mishap) byWhere.set(where, branch);
  }
  return [...byWhere.values()];
};

/** Shipped code may fail with a coded error, or with what it was given; anything else is a fault of its own. */
function mustBeExpected(error: unknown): void {
  if (error instanceof TypeError || error instanceof ReferenceError || error instanceof RangeError) throw error;
}

function frozen<T>(value: T): T {
  if (value && typeof value === "object") for (const part of Object.values(Object.freeze(value))) frozen(part);
  return value;
}
