import { Type, type Static } from "typebox";
import { Id, Lang, Millis, Nullable, Person } from "../schemas.ts";

/** What mail is told of an order. The buyer: a user, whose address auth knows, or a guest's e-mail. Times in ms, money in minor units. */
export const Contact = Type.Object({
  buyer: Type.Union([Type.Object({ user: Id }), Type.String()]),
  lang: Nullable(Lang),
  lines: Type.Array(Type.Object({ title: Type.String(), quantity: Type.Integer(), unitPrice: Type.Integer() })),
  total: Type.Integer(),
  seller: Person,
  paidAt: Nullable(Millis),
  /** A guest's opens the order by itself: it holds the order's key. */
  link: Type.String(),
});
export type Contact = Static<typeof Contact>;
