import type { TSchema } from "typebox";
import { fail } from "../../core/errors.ts";
import { closed, judge, type Fault } from "../../core/validator.ts";
import { alternativesOf, KEY, propertiesOf, type Route } from "./route.ts";

/** How many faults a refusal names. */
const MAX_FAULTS = 20;

interface Given {
  path: Record<string, string>;
  /** All strings, as they came. */
  query: Record<string, string>;
  /** Parsed; undefined when there was none. */
  body?: unknown;
  /** The header Idempotency-Key. */
  key?: string | undefined;
}

/**
 * Builds the parameters of an action from a request. Throws VALIDATION_ERROR `[{field, rule}]` for whatever the
 * schema rules out, unknown fields included, and so for a name at a place that is not its own;
 * BAD_IDEMPOTENCY_KEY for a key that is none.
 */
export type Reader = (given: Given) => Record<string, unknown>;

/** Compiles a route's schemas, once. */
export function readerOf({ pathParams, input, place, takesKey }: Route): Reader {
  const faultsInPath = judge(closed(pathParams));
  const judges = alternativesOf(input).map((alternative) => judge(closed(alternative)));
  const coerce = coercer(input);
  return ({ path, query, body, key }) => {
    const value = place === "query" ? coerce(query) : (body ?? {});
    const faults = [
      ...(faultsInPath(path) ?? []),
      ...leastFaults(judges, value),
      ...(place === "body" ? Object.keys(query).map((field) => ({ field, rule: "boolean" })) : []),
    ];
    if (faults.length) throw fail("VALIDATION_ERROR", told(faults));
    // Only what the closed schema names is left by now, so that spreading cannot smuggle a `__proto__` in.
    return { ...(value as object), ...path, ...(takesKey && key !== undefined && { [KEY]: checkedKey(key) }) };
  };
}

/** The query of a URL, as strings. Throws VALIDATION_ERROR for a name that comes twice. */
export function queryOf(url: string): Record<string, string> {
  const query = Object.create(null) as Record<string, string>;
  const start = url.indexOf("?");
  if (start < 0) return query;
  for (const [name, value] of new URLSearchParams(url.slice(start + 1))) {
    if (name in query) throw fail("VALIDATION_ERROR", [{ field: name, rule: "uniqueItems" }]);
    query[name] = value;
  }
  return query;
}

/** Of a union, what is wrong with the alternative that comes closest. */
function leastFaults(judges: ReturnType<typeof judge>[], value: unknown): Fault[] {
  let least: Fault[] | undefined;
  for (const faultsOf of judges) {
    const faults = faultsOf(value);
    if (!faults) return [];
    if (!least || faults.length < least.length) least = faults;
  }
  return least ?? [];
}

/** An unknown field, which breaks the schema `false`, is named itself, and not the object that it is in. */
function told(faults: Fault[]): Fault[] {
  return faults
    .filter(({ rule }) => rule !== "additionalProperties")
    .slice(0, MAX_FAULTS)
    .map(({ field, rule }) => ({ field, rule: rule === "boolean" ? "additionalProperties" : rule }));
}

function checkedKey(key: string): string {
  if (!/^[\x20-\x7e]{1,255}$/.test(key)) throw fail("BAD_IDEMPOTENCY_KEY");
  return key;
}

type Coercion = (text: string) => unknown;

/** A query has only strings: what the schema wants to be a number, a boolean or a list becomes one where it reads as one. */
function coercer(schema: TSchema): (query: Record<string, string>) => Record<string, unknown> {
  const coercions = Object.entries(propertiesOf(schema)).flatMap(([name, { type }]: [string, { type?: string }]) =>
    type && coercionTo[type] ? [[name, coercionTo[type]] as const] : [],
  );
  return (query) => {
    const values: Record<string, unknown> = { ...query };
    for (const [name, coerce] of coercions) {
      const text = values[name];
      if (typeof text === "string") values[name] = coerce(text);
    }
    return values;
  };
}

const coercionTo: Record<string, Coercion> = {
  integer: (text) => (/^-?\d+$/.test(text) ? Number(text) : text),
  number: (text) => (/^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text),
  boolean: (text) => ({ true: true, false: false })[text] ?? text,
  array: (text) => (text === "" ? [] : text.split(",")),
};
