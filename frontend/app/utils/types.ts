import type { Static } from "typebox";
import type { Session as SessionSchema } from "../../../services/auth/sessions.contract.ts";
import type { PayWith as PayWithSchema } from "../../../services/payments/payments.contract.ts";

/** The shapes of the HTTP contract, taken from the contracts themselves, so that a change there shows up here as a type error. */
export type { User } from "../../../services/auth/auth.contract.ts";
export type { LibraryRow } from "../../../services/delivery/delivery.contract.ts";
export type { Item } from "../../../services/items/items.contract.ts";
export type { Order, OrderState, SalesRow } from "../../../services/orders/orders.contract.ts";
export type { FileInfo, Kind, Stock, Sum } from "../../../services/schemas.ts";
export type PayWith = Static<typeof PayWithSchema>;
export type Session = Static<typeof SessionSchema>;
