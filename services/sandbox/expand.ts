import { invalid } from "./errors.ts";

/** Which fields of an object are ids that `expand` replaces by what they name. */
const EXPANDABLE: Record<string, Record<string, string>> = {
  payment_intent: { latest_charge: "charge" },
  charge: { payment_intent: "payment_intent" },
  refund: { charge: "charge", payment_intent: "payment_intent" },
};
const MAX_LEVELS = 4;

type Json = { [name: string]: unknown };

/** Refuses, before anything is done, paths that lead nowhere from an object of this type, or from a list of them. */
export function checkExpand(paths: string[], type: string, isList: boolean): void {
  for (const path of paths) {
    const names = path.split(".");
    const wrong = invalid(`This property cannot be expanded (${path}).`, { param: "expand" });
    if (names.length > MAX_LEVELS || (isList && names.shift() !== "data")) throw wrong;
    let fields = EXPANDABLE[type] ?? {};
    for (const name of names) {
      if (!Object.hasOwn(fields, name)) throw wrong;
      fields = EXPANDABLE[fields[name]!]!;
    }
  }
}

/** Replaces ids along the paths; `resolve` renders what an id names. */
export function expand(body: object, paths: string[], resolve: (id: string) => object): void {
  for (const path of paths) walk(body as Json, path.split("."), resolve);
}

function walk(node: Json, [name, ...rest]: string[], resolve: (id: string) => object): void {
  if (name === undefined) return;
  const value = node[name];
  if (Array.isArray(value)) {
    for (const item of value) walk(item, rest, resolve);
    return;
  }
  if (typeof value === "string") node[name] = resolve(value);
  if (node[name]) walk(node[name] as Json, rest, resolve);
}
