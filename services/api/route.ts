import { Type, type TObject, type TSchema } from "typebox";
import type { ActionContract, ServiceContract } from "../../core/contract.ts";

/** The parameter that comes from a header alone. */
export const KEY = "idempotencyKey";

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** A route with its parameters, each at its place. The gateway judges by these schemas, and the document shows them. */
export interface Route {
  method: Method;
  /** With `:name` where a parameter is. */
  path: string;
  /** What comes in the path. */
  pathParams: TObject;
  /** All else, in the query or in the body. */
  input: TSchema;
  place: "query" | "body";
  /** Takes the header Idempotency-Key. */
  takesKey: boolean;
}

/** An action that its contract publishes. */
export interface Operation extends Route {
  /** `service.action`. */
  action: string;
  contract: ActionContract;
}

/** Every action of these services that has a `rest`. */
export function operationsOf(services: Record<string, ServiceContract>): Operation[] {
  return Object.values(services).flatMap(({ name, actions }) =>
    Object.entries(actions).flatMap(([action, contract]) =>
      contract.rest ? [{ action: `${name}.${action}`, contract, ...routeOf(contract.rest, contract.params) }] : [],
    ),
  );
}

/** Splits parameters by where they come from: the path takes those that it names, the header its key. */
export function routeOf(rest: string, params: TSchema): Route {
  const [method, path] = rest.split(" ") as [Method, string];
  const inPath = [...path.matchAll(/:(\w+)/g)].map(([, name]) => name!);
  const named = propertiesOf(params);
  return {
    method,
    path,
    pathParams: Type.Object(Object.fromEntries(inPath.map((name) => [name, named[name]!]))),
    input: without(params, [...inPath, KEY]),
    place: method === "GET" || method === "DELETE" ? "query" : "body",
    takesKey: KEY in named,
  };
}

/** The alternatives of an input: one for most, several for a union. */
export const alternativesOf = (schema: TSchema): TSchema[] => (schema as { anyOf?: TSchema[] }).anyOf ?? [schema];

/** The fields of an object schema; none for anything else. */
export const propertiesOf = (schema: TSchema): Record<string, TSchema> => (schema as Partial<TObject>).properties ?? {};

function without(schema: TSchema, names: string[]): TSchema {
  const alternatives = alternativesOf(schema).map((one) =>
    Type.Object(Object.fromEntries(Object.entries(propertiesOf(one)).filter(([name]) => !names.includes(name)))),
  );
  return alternatives.length === 1 ? alternatives[0]! : Type.Union(alternatives);
}
