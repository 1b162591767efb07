import type { Model, Outcome } from "./model.ts";
import { CLOCK, Point, type Answer, type Op, type Program } from "./replay.ts";

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
  #cells: (keyof W & string)[];
  #numbers = new Map<string, number>();
  #values = new Map<string, unknown>();
  #numberOf = new Map<unknown, number>();
  #starts = new Map<string, Promise<Point>>();
  #commands = new Map<string, Outcome<W>[]>();

  constructor(model: Model<W>) {
    this.model = model;
    this.#cells = Object.keys(model.initial) as (keyof W & string)[];
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
      branches.settled =
        branches.length === 1 && branches[0]!.world === world && this.model.settled(point.op!, this.worlds[world]!);
      point.memo.set(world, branches);
    }
    return branches;
  }

  async #branches(point: Point, world: number): Promise<Branch[]> {
    const branches: Branch[] = [];
    const before = this.worlds[world]!;
    for (const { answer, set, mishap = false } of await this.#outcomes(point.op!, world)) {
      const next = await point.after(answer);
      const then = set ? this.#number({ ...before, ...set }) : world;
      if (next.end && "error" in next.end) {
        mustBeExpected(next.end.error);
        // Nobody caught it and it changed nothing: a crash, as may happen anyway.
        if (then === world) continue;
      }
      const forbidden = then === world ? null : this.model.forbidden(before, this.worlds[then]!);
      const branch = { world: then, point: next, op: point.op!, answer, mishap, forbidden };
      if (next.op && this.model.immediate(next.op)) branches.push(...(await this.#goOn(branch)));
      else branches.push(branch);
    }
    return branches;
  }

  /** Done together with what comes next. A time that makes no difference to that is only a stamp, whatever it is. */
  async #goOn(branch: Branch): Promise<Branch[]> {
    const further = await this.ask(branch.point, branch.world);
    const isStamp =
      branch.point.op!.port === CLOCK && further.every(({ point }) => point.asksTheSameAs(further[0]!.point));
    return (isStamp ? further.slice(0, 1) : further).map((next) => ({
      ...(next.world === branch.world ? branch : next),
      point: next.point,
      mishap: branch.mishap || next.mishap,
      forbidden: branch.forbidden ?? next.forbidden,
    }));
  }

  async #outcomes(op: Op, world: number): Promise<Outcome<W>[]> {
    const command = this.model.command(op);
    if (command) return this.#command(command.program, command.cells, world);
    const went = this.model.run(op, this.worlds[world]!);
    const failed = this.model
      .failures(op)
      .flatMap((error) => [
        { answer: { error }, mishap: true },
        ...went.filter(({ set }) => set).map(({ set }) => ({ answer: { error }, set: set!, mishap: true })),
      ]);
    return [...went, ...failed];
  }

  /** What may come of a whole process that nobody comes in between; found once for the cells that it needs. */
  async #command(program: Program, cells: readonly (keyof W & string)[], world: number): Promise<Outcome<W>[]> {
    const key = `${program.name} ${cells.map((cell) => this.#numberOf.get(this.worlds[world]![cell])).join()}`;
    const known = this.#commands.get(key);
    if (known) return known;
    const outcomes: Outcome<W>[] = [];
    const open = [{ world, point: await this.start(program), mishap: false }];
    const seen = new Set<string>();
    for (let one = open.pop(); one; one = open.pop()) {
      const { point, mishap } = one;
      const then = this.worlds[one.world]!;
      const set = Object.fromEntries(cells.map((cell) => [cell, then[cell]])) as unknown as Partial<W>;
      outcomes.push(
        point.end ? { answer: point.end, set, mishap } : { answer: { error: BROKEN_OFF }, set, mishap: true },
      );
      for (const branch of point.end ? [] : await this.ask(point, one.world)) {
        const next = { world: branch.world, point: branch.point, mishap: mishap || branch.mishap };
        const where = `${next.world}:${next.point.id}:${next.mishap}`;
        if (!seen.has(where)) open.push(next);
        seen.add(where);
      }
    }
    this.#commands.set(key, outcomes);
    return outcomes;
  }

  #number(world: W): number {
    const values = this.#cells.map((cell) => this.#intern(world[cell]));
    const key = values.map((value) => this.#numberOf.get(value)).join();
    let number = this.#numbers.get(key);
    if (number === undefined) {
      number = this.worlds.push(Object.fromEntries(this.#cells.map((cell, n) => [cell, values[n]])) as W) - 1;
      this.#numbers.set(key, number);
    }
    return number;
  }

  /** Equal values become one, that nobody can change; in a list each of its elements, too. */
  #intern(value: unknown): unknown {
    if (this.#numberOf.has(value)) return value;
    const parts = Array.isArray(value) ? value.map((part) => this.#intern(part)) : null;
    const key = parts ? `[${parts.map((part) => this.#numberOf.get(part)).join()}]` : JSON.stringify(value);
    let known = this.#values.get(key);
    if (known === undefined) {
      known = parts ? Object.freeze(parts) : frozen(JSON.parse(key));
      this.#numberOf.set(known, this.#values.size);
      this.#values.set(key, known);
    }
    return known;
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
