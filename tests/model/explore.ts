import { Endings } from "./ending.ts";
import { Engine, type Branch, type Model } from "./engine.ts";
import type { Point } from "./replay.ts";

export interface Report {
  states: number;
  transitions: number;
  /** So many differ in their documents, and not only in how far the processes are. */
  worlds: number;
  ms: number;
  violation: { property: string; trace: string[] } | null;
}

/** What is not known yet. */
interface Asking {
  point: Point;
  world: number;
}

/**
 * Visits every reachable state, the nearest first, and stops at the first that breaks a property: its trace is as
 * short as any. A state is a string: a character for the world, and one for the point that the process in each
 * place has reached, 0 for nobody.
 *
 * A process may vanish at any point (a crash) and may never be run again (a pause); another may be started beside it
 * (a duplicate), or none at all (a loss).
 */
export async function explore<W extends object>(model: Model<W>, limit = 5_000_000): Promise<Report> {
  const began = performance.now();
  const engine = new Engine(model);
  const endings = new Endings(engine);
  const roleOf = model.roles.flatMap((places, role) => Array<number>(places).fill(role));
  const points: Point[] = [null as never];
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

  /** Where it goes from here: the processes in order, and whoever asks what is settled is answered at once. */
  function normal(world: number, places: number[], moved: number): string | Asking {
    for (let at = 0; at < places.length; at++) {
      while (places[at] !== 0 && (moved < 0 || moved === at)) {
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

  /** Calls for every way on; or says what has to be asked before that can be told. */
  function moves(state: string, each: (state: string, actor: Point, branch: Branch, instead: number) => void): Asking | null {
    const world = state.charCodeAt(0);
    const places = roleOf.map((_, at) => state.charCodeAt(at + 1));
    const go = (actor: Point, at: number, instead: number): Asking | null => {
      const branches = engine.known(actor, world);
      if (!branches) return { point: actor, world };
      for (const branch of branches) {
        const then = places.slice();
        if (at >= 0) then[at] = numberOf(branch.point);
        const next = normal(branch.world, then, branch.world === world ? at : -1);
        if (typeof next !== "string") return next;
        each(next, actor, branch, instead);
      }
      return null;
    };
    let asking: Asking | null = null;
    for (let at = 0; at < places.length && !asking; at++) {
      const again = at > 0 && roleOf[at] === roleOf[at - 1] && places[at] === places[at - 1];
      if (places[at] !== 0 && !again) asking = go(points[places[at]!]!, at, 0);
    }
    for (const { role, point } of starts[world]!) {
      if (role === null) asking ??= go(point, -1, 0);
      for (let at = roleOf.indexOf(role!); at >= 0 && roleOf[at] === role && !asking; at++) {
        const again = at > 0 && roleOf[at] === roleOf[at - 1] && places[at] === places[at - 1];
        if (!again) asking = go(point, at, places[at]!);
        if (places[at] === 0) break;
      }
    }
    return asking;
  }

  async function eachMove(state: string, each: (state: string, actor: Point, branch: Branch, instead: number) => void): Promise<void> {
    for (let asking = moves(state, each); asking; asking = moves(state, each)) await engine.ask(asking.point, asking.world);
  }

  /** What is wrong with a world, and how it comes to light. */
  async function judge(world: number): Promise<Report["violation"]> {
    const property = model.violation(engine.worlds[world]!);
    if (property) return { property, trace: [] };
    const { lack, trace } = await endings.of(world);
    if (lack) return { property: `P7 a good end stays reachable: ${lack}`, trace };
    starts[world] = [];
    for (const { role, program } of model.starts(engine.worlds[world]!)) starts[world].push({ role, point: await engine.start(program) });
    return null;
  }

  async function traceTo(end: number): Promise<string[]> {
    const trace: string[] = [];
    for (let to = end; parents[to]! >= 0; to = parents[to]!) {
      let line: string | undefined;
      await eachMove(states[parents[to]!]!, (state, actor, branch, instead) => {
        if (state === states[to]) line ??= describe(actor, branch, points[instead]);
      });
      trace.unshift(line!);
    }
    return trace;
  }

  const report = async (at = -1, violation: Report["violation"] = null): Promise<Report> => ({
    states: states.length,
    transitions,
    worlds: starts.length,
    ms: Math.round(performance.now() - began),
    violation: violation && { ...violation, trace: [...(await traceTo(at)), ...violation.trace] },
  });

  for (let at = 0; at < states.length; at++) {
    const state = states[at]!;
    const world = state.charCodeAt(0);
    const wrong = starts[world] ? null : await judge(world);
    if (wrong) return report(at, wrong);
    let broken: Report["violation"] = null;
    await eachMove(state, (next, actor, branch, instead) => {
      transitions++;
      if (branch.forbidden) broken ??= { property: branch.forbidden, trace: [describe(actor, branch, points[instead])] };
      const alike = (known[branch.world] ??= new Set());
      if (alike.has(next)) return;
      alike.add(next);
      states.push(next);
      parents.push(at);
    });
    if (broken) return report(at, broken);
    if (states.length > limit || points.length > 0xffff || engine.worlds.length > 0xffff) throw new Error(`Too large: ${states.length} states`);
  }
  return report();
}

const brief = (value: unknown): string => {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 160 ? `${text.slice(0, 160)}…` : text;
};

function describe({ program }: Point, { op, answer }: Branch, instead: Point | null | undefined): string {
  const gone = instead ? `${instead.program.name} vanishes before ${instead.op!.port}; ` : "";
  return `${gone}${program.name}: ${op.port}(${op.args.map(brief).join(", ")}) → ${"error" in answer ? String(answer.error) : brief(answer.value)}`;
}
