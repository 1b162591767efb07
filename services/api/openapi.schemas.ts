import { Type, type TSchema } from "typebox";
import { catalogue, type ErrorType } from "../../core/errors.ts";
import { User } from "../auth/auth.contract.ts";
import { LibraryRow } from "../delivery/delivery.contract.ts";
import { Discount } from "../discounts/discounts.contract.ts";
import { Item, UploadedFile } from "../items/items.contract.ts";
import { Order, OrderLine, Refund, SalesRow } from "../orders/orders.contract.ts";
import { PayWith } from "../payments/payments.contract.ts";
import { FileInfo, Person, Price, Stock, Sum } from "../schemas.ts";

/** What refuses a request because of its schema: `data` of a VALIDATION_ERROR. */
const Faults = Type.Array(
  Type.Object({
    field: Type.String({ description: "Dotted path; empty for the whole body" }),
    rule: Type.String({ description: "The keyword of JSON Schema that it breaks" }),
  }),
);

/** Schemas with a name of their own in the document. */
const named = {
  Discount,
  Faults,
  FileInfo,
  Item,
  LibraryRow,
  Order,
  OrderLine,
  PayWith,
  Person,
  Price,
  Refund,
  SalesRow,
  Stock,
  Sum,
  UploadedFile,
  User,
};
const names = new Map<unknown, string>(Object.entries(named).map(([name, schema]) => [schema, name]));

/** A schema as the document shows it, with references to those that have a name. */
export function shown(schema: unknown): unknown {
  const name = names.get(schema);
  return name ? { $ref: `#/components/schemas/${name}` } : inside(schema);
}

function inside(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(shown);
  if (schema === null || typeof schema !== "object") return schema;
  return Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, shown(value)]));
}

/** The named schemas themselves. Replies are not closed: fields may be added. */
export const components = (): Record<string, unknown> =>
  Object.fromEntries(Object.entries(named).map(([name, schema]) => [name, inside(schema)]));

/** The replies of these errors, by status. */
export function errorReplies(types: Iterable<ErrorType>): Record<string, unknown> {
  const byStatus = Map.groupBy(new Set(types), (type) => catalogue[type][0]);
  return Object.fromEntries(
    [...byStatus].map(([status, these]) => [
      String(status),
      these.length === 1 ? { $ref: `#/components/responses/${these[0]}` } : errorReply(status, these),
    ]),
  );
}

/** The reply of each error that an operation has alone under its status. */
export const errorComponents = (): Record<string, object> =>
  Object.fromEntries(
    Object.entries(catalogue).map(([type, [status]]) => [type, errorReply(status, [type as ErrorType])]),
  );

function errorReply(status: number, types: ErrorType[]): object {
  const schema: TSchema = Type.Object({
    type: Type.Enum(types),
    message: Type.String(),
    data: Type.Optional(status === 422 ? Faults : Type.Unknown()),
  });
  const retry = { "Retry-After": { description: "In so many seconds", schema: { type: "integer", minimum: 1 } } };
  return {
    description: types.map((type) => `${type}: ${catalogue[type][1]}`).join(". "),
    ...((status === 429 || status === 503) && { headers: retry }),
    content: { "application/json": { schema: shown(schema) } },
  };
}
