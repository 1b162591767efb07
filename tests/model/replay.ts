/** One thing that a process asks of the world: the only place where others may come in between. */
export interface Op {
  readonly port: string;
  readonly args: readonly unknown[];
}

export type Answer = { readonly value: unknown } | { readonly error: unknown };

/** The port behind `Call.now`. */
export const CLOCK = "clock.now";

/** How a process reaches the world. */
export interface Call {
  <T>(port: string, ...args: unknown[]): Promise<T>;
  /** Answered without waiting. */
  now(): number;
}

/** A process: shipped code over ports, told by its name alone. */
export interface Program {
  readonly name: string;
  /**
   * Where it starts anew: when it asks `head` again and asked nothing but `through` since (anything, when that is
   * left out), it has forgotten everything in between. Without this a loop would have a history for every round.
   */
  readonly loops?: readonly { head: string; through?: string }[];
  run(call: Call): Promise<unknown>;
}

/** What the clock throws to break a run off: a synchronous question cannot wait for its answer. */
const UNANSWERED = new Error("The answer is not known yet");

/** Runs a process from its start with the answers it got so far: what it asks next, or how it ends. */
function replay({ run }: Program, answers: Answer[]): Promise<Op | Answer> {
  return new Promise((found) => {
    let at = 0;
    const call = (<T>(port: string, ...args: unknown[]): Promise<T> => {
      const answer = answers[at++];
      if (!answer) found({ port, args });
      if (!answer) return new Promise(() => undefined);
      return "error" in answer ? Promise.reject(answer.error) : Promise.resolve(answer.value as T);
    }) as Call;
    call.now = () => {
      const answer = answers[at++];
      if (!answer) found({ port: CLOCK, args: [] });
      if (!answer || "error" in answer) throw UNANSWERED;
      return answer.value as number;
    };
    run(call).then(
      (value) => found({ value }),
      (error: unknown) => found({ error }),
    );
  });
}

/**
 * A point in the life of a process: its program and the answers it got. Every point is found once, by a replay, and
 * kept in a tree, so that exploring runs no shipped code twice for the same answers.
 */
export class Point {
  static #count = 0;
  readonly id = ++Point.#count;
  readonly program: Program;
  /** What it asks next; null once it has ended. */
  op: Op | null = null;
  /** How it ended. */
  end: Answer | null = null;
  /** Room for whoever explores: what came of asking, by the number of the world. */
  readonly memo = new Map<number, unknown>();
  #key = "";
  #before: Point | null;
  #answer: Answer | null;
  #after = new Map<string, Point>();
  /** The same by the answer itself, for what was given before. */
  #given = new Map<unknown, Point>();

  private constructor(program: Program, before: Point | null, answer: Answer | null) {
    this.program = program;
    this.#before = before;
    this.#answer = answer;
  }

  static start(program: Program): Promise<Point> {
    return new Point(program, null, null).#found();
  }

  /** Where it is after this answer. */
  async after(answer: Answer): Promise<Point> {
    const given = "error" in answer ? answer.error : answer.value;
    const same = this.#given.get(given);
    if (same) return same;
    const key = "error" in answer ? `!${String(answer.error)}` : (JSON.stringify(answer.value) ?? "");
    let next = this.#after.get(key);
    if (!next) this.#after.set(key, (next = await new Point(this.program, this, answer).#found()));
    this.#given.set(given, next);
    return next;
  }

  get isStart(): boolean {
    return this.#before === null;
  }

  asksTheSameAs(other: Point): boolean {
    return this.op !== null && this.#key === other.#key;
  }

  async #found(): Promise<Point> {
    const answers: Answer[] = [];
    for (let point: Point = this; point.#before; point = point.#before) answers.unshift(point.#answer!);
    const found = await replay(this.program, answers);
    if ("port" in found) this.op = found;
    else this.end = found;
    this.#key = JSON.stringify(this.op);
    return this.#loop() ?? this;
  }

  #loop(): Point | null {
    const loop = this.program.loops?.find(({ head }) => head === this.op?.port);
    if (!loop) return null;
    for (let point = this.#before; point; point = point.#before) {
      if (this.asksTheSameAs(point)) return point;
      if (loop.through && point.op!.port !== loop.through) return null;
    }
    return null;
  }
}
