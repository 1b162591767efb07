import { Validators, type Context } from "moleculer";
import type { TSchema } from "typebox";
import { Compile } from "typebox/compile";
import { Check } from "typebox/value";
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

interface Node {
  anyOf?: Node[];
  items?: Node;
  properties?: Record<string, Node>;
}

/**
 * A copy of a value that fits, with the fields that the schema names; in a union the first member that fits names
 * them. By the plain JSON Schema, since Moleculer's copy of an action has lost what the library marks its types with.
 */
function known({ anyOf, items, properties }: Node, value: unknown): unknown {
  if (anyOf) return known(anyOf.find((member) => Check(member as TSchema, value)) ?? {}, value);
  if (Array.isArray(value)) return items ? value.map((one) => known(items, one)) : value;
  if (!properties || typeof value !== "object" || value === null) return value;
  const fields = Object.entries(value).filter(([name]) => Object.hasOwn(properties, name));
  return Object.fromEntries(fields.map(([name, field]) => [name, known(properties[name]!, field)]));
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
        const { params } = action;
        const exact = Compile(closed(params));
        const check = judge(params);
        return (ctx: Context) => {
          if (exact.Check(ctx.params)) return next(ctx);
          const faults = check(ctx.params);
          if (faults) return Promise.reject(fail("VALIDATION_ERROR", faults));
          (ctx as { params: unknown }).params = known(params, ctx.params);
          return next(ctx);
        };
      },
    } as never;
  }
}
