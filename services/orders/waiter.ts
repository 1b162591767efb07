import { Type, type Static } from "typebox";
import { Id, Lang, Millis, Nullable, Person } from "../schemas.ts";
import { OrderState } from "./order.state.ts";

/** Somebody who waited, and the id of the order that is to be theirs. A guest has an e-mail, a user has none. */
export const Waiter = Type.Object({
  id: Id,
  item: Id,
  buyer: Type.String({ description: "A user's id, or a keyed hash of the guest's e-mail" }),
  user: Nullable(Person),
  email: Nullable(Type.String()),
  lang: Type.Optional(Lang),
});
export type Waiter = Static<typeof Waiter>;

/** What became of that order. `refusal`: why it was rejected. */
export const GrantedOrder = Type.Object({ state: OrderState, refusal: Nullable(Type.String()), expiresAt: Millis });
export type GrantedOrder = Static<typeof GrantedOrder>;
