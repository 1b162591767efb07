import { Endings } from "./ending.ts";
import { Engine, type Branch } from "./engine.ts";
import type { Model } from "./model.ts";
import type { Point } from "./replay.ts";
import { told } from "./trace.ts";

export interface Report<W> {
  states: number;
  transitions: number;
  /** The worlds of these states: they differ in their documents, and not only in how far the processes are. */
  worlds: W[];
  ms: number;
  violation: Violation | null;
}

export interface Violation {
  property: string;
  /** What happened, line by line; the sweepers last, when it is about how it ends. */
  trace: string[];
}

/** One way on: who acts, in whose place when all are taken, and what comes of it. */
export interface Move {
  state: string;
  actor: Point;
  instead: Point | null;
  branch: Branch;
}

/** What is to be asked before anything can be told. */
interface Asking {
  point: Point;
  world: number;
}

/**
 * Visits every reachable state, the nearest first, and stops at the first that breaks a property: its trace is as
 * short as any. A state is a string: a character for the world, and one for the point that the process in each
 * place has reached, 0 for nobody.
 *
 * Any process may act next, so it may also be paused for ever. Another may be started beside it (a duplicate), in its
 * place (it crashed: until its place is needed that is no different from a pause), or never (a loss).
 */
export async function explore<W extends object>(model: Model<W>, limit = 5_000_000): Promise<Report<W>> {
  const began = performance.now();
  const engine = new Engine(model);
  const endings = new Endings(engine);
  const roleOf = model.roles.flatMap((places, role) => Array<number>(places).fill(role));
  const points: (Point | null)[] = [null];
  const numbers = new Map<Point, number>();
  const starts: { role: number | null; point: Point }[][] = [];
  const states = [String.fromCharCode(0, ...roleOf.map(() => 0))];
  const parents = [-1];
  const known: Set<string>[] = [new Set(states)];
  let transitions = 0;

  /** 0 for a process that has ended, or is back where it started. */
  function numberOf(point: Point): number {
    if (point.end || point.isStart) return 0;
    let number = numbers.get(point);
    if (number === undefined) numbers.set(point, (number = points.push(point) - 1));
    return number;
  }

  /** The state of these processes in this world. Whoever asks what is settled is answered at once. */
  function stateOf(world: number, places: number[], moved: number | null): string | Asking {
    for (let at = 0; at < places.length; at++) {
      while (places[at] !== 0 && (moved === null || moved === at)) {
        const point = points[places[at]!]!;
        const branches = engine.known(point, world);
        if (!branches) return { point, world };
        if (!branches.settled) break;
        places[at] = numberOf(branches[0]!.point);
      }
    }
    // Places of one role are alike.
    for (let at = 1; at < places.length; at++)
      for (let one = at; one > 0 && roleOf[one] === roleOf[one - 1] && places[one]! < places[one - 1]!; one--)
        [places[one], places[one - 1]] = [places[one - 1]!, places[one]!];
    return String.fromCharCode(world, ...places);
  }

  function tryMoves(state: string): Move[] | Asking {
    const world = state.charCodeAt(0);
    const places = roleOf.map((_, at) => state.charCodeAt(at + 1));
    const isAgain = (at: number) => at > 0 && roleOf[at] === roleOf[at - 1] && places[at] === places[at - 1];
    const moves: Move[] = [];
    const act = (actor: Point, at: number | null, instead: Point | null): Asking | undefined => {
      const branches = engine.known(actor, world);
      if (!branches) return { point: actor, world };
      for (const branch of branches) {
        const then = places.slice();
        const reached = numberOf(branch.point);
        // Who starts and finds nothing to do might as well not have started.
        if (actor.isStart && branch.world === world && reached === 0) continue;
        if (at !== null) then[at] = reached;
        const next = stateOf(branch.world, then, branch.world === world ? at : null);
        if (typeof next !== "string") return next;
        moves.push({ state: next, actor, instead, branch });
      }
      return undefined;
    };
    let asking: Asking | undefined;
    for (let at = 0; at < places.length && !asking; at++)
      if (places[at] !== 0 && !isAgain(at)) asking = act(points[places[at]!]!, at, null);
    for (const { role, point } of starts[world]!) {
      if (role === null) asking ??= act(point, null, null);
      for (let at = roleOf.indexOf(role!); at >= 0 && roleOf[at] === role && !asking; at++) {
        if (!isAgain(at)) asking = act(point, at, points[places[at]!]!);
        if (places[at] === 0) break;
      }
    }
    return asking ?? moves;
  }

  async function movesFrom(state: string): Promise<Move[]> {
    for (;;) {
      const moves = tryMoves(state);
      if (Array.isArray(moves)) return moves;
      await engine.ask(moves.point, moves.world);
    }
  }

  /** What is wrong with a world, and how that comes to light. */
  async function judge(world: number): Promise<Violation | null> {
    const property = model.violation(engine.worlds[world]!);
    if (property) return { property, trace: [] };
    const { lack, trace } = await endings.of(world);
    if (lack) return { property: `P7 a good end stays reachable: ${lack}`, trace };
    starts[world] = [];
    for (const { role, program } of model.starts(engine.worlds[world]!))
      starts[world].push({ role, point: await engine.start(program) });
    return null;
  }

  async function report(at = 0, violation: Violation | null = null): Promise<Report<W>> {
    const trace: string[] = [];
    for (let to = at; violation && parents[to]! >= 0; to = parents[to]!) {
      const moves = await movesFrom(states[parents[to]!]!);
      trace.unshift(told(moves.find(({ state }) => state === states[to])!));
    }
    return {
      states: states.length,
      transitions,
      worlds: engine.worlds.filter((_, world) => starts[world]),
      ms: Math.round(performance.now() - began),
      violation: violation && { ...violation, trace: [...trace, ...violation.trace] },
    };
  }

  for (let at = 0; at < states.length; at++) {
    const world = states[at]!.charCodeAt(0);
    const wrong = starts[world] ? null : await judge(world);
    if (wrong) return report(at, wrong);
    for (const move of await movesFrom(states[at]!)) {
      transitions++;
      const { state, branch } = move;
      if (branch.forbidden) return report(at, { property: branch.forbidden, trace: [told(move)] });
      const alike = (known[branch.world] ??= new Set());
      if (alike.has(state)) continue;
      alike.add(state);
      states.push(state);
      parents.push(at);
    }
    if (states.length > limit || points.length > 0xffff || engine.worlds.length > 0xffff)
      throw new Error(`Too large: ${states.length} states, ${points.length} points, ${engine.worlds.length} worlds`);
  }
  return report();
}
