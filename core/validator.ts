import { Validators, type Context } from "moleculer";
import type { TSchema } from "typebox";
import { Compile } from "typebox/compile";
import { Clean, Clone } from "typebox/value";
import { fail } from "./errors.ts";

export interface Fault {
  /** Dotted path of the field, empty for the whole body. */
  field: string;
  /** The JSON Schema keyword that it breaks. */
  rule: string;
}
type Judge = (value: unknown) => Fault[] | undefined;

/** Compiles a schema to a function that names the faults of a value, or returns undefined when there are none. */
export function judge(schema: TSchema): Judge {
  const compiled = Compile(schema);
  return (value) => {
    if (compiled.Check(value)) return undefined;
    return compiled.Errors(value).map(({ instancePath, keyword, params }) => {
      const path = instancePath.slice(1).replaceAll("/", ".");
      const missing = (params as { requiredProperties?: string[] }).requiredProperties?.[0];
      return { field: missing ? [path, missing].filter(Boolean).join(".") : path, rule: keyword };
    });
  };
}

/** The same schema, refusing unknown fields in every object: what the gateway holds requests to. */
export function closed<T extends TSchema>(schema: T): T {
  const close = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(close);
    if (node === null || typeof node !== "object") return node;
    const copy = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, close(value)]));
    return copy["type"] === "object" && copy["properties"] ? { additionalProperties: false, ...copy } : copy;
  };
  return close(schema) as T;
}

/**
 * Holds every call to its contract. Between services unknown fields are dropped, not refused, so that two
 * versions can run side by side; the gateway refuses them before it calls.
 */
export class ContractValidator extends (Validators.Base as unknown as new (options: object) => object) {
  constructor() {
    super({});
  }
  middleware() {
    return {
      name: "Validator",
      localAction(next: (ctx: Context) => Promise<unknown>, action: { params?: TSchema }) {
        if (!action.params) return next;
        const exact = Compile(closed(action.params));
        const check = judge(action.params);
        const schema = action.params;
        return (ctx: Context) => {
          if (exact.Check(ctx.params)) return next(ctx);
          const faults = check(ctx.params);
          if (faults) return Promise.reject(fail("VALIDATION_ERROR", faults));
          (ctx as { params: unknown }).params = Clean(schema, Clone(ctx.params));
          return next(ctx);
        };
      },
    } as never;
  }
}
