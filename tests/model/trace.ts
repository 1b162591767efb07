import type { Move, Violation } from "./explore.ts";

/** A document by its name, state and version; anything else as it is, if it is short. */
const brief = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(brief).join(", ")}]`;
  const { _id, state, v } = (value ?? {}) as { _id?: string; state?: string; v?: number };
  if (state !== undefined) return [_id, state, v && `v${v}`].filter(Boolean).join(" ");
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
};

/** A move as a line of a trace: who, what it asked of the world, and the answer. */
export function told({ actor, instead, branch: { op, answer } }: Move): string {
  const crash = instead ? `(${instead.program.name} crashed before ${instead.op!.port}) ` : "";
  const came = "error" in answer ? String(answer.error) : brief(answer.value);
  return `${crash}${actor.program.name}: ${op.port}(${op.args.map(brief).join(", ")}) → ${came}`;
}

/** A counterexample, to be read from top to bottom. */
export const printed = ({ property, trace }: Violation): string =>
  [`Broken: ${property}`, ...trace.map((line, n) => `${String(n + 1).padStart(3)}. ${line}`)].join("\n");
