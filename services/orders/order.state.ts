import type { Static } from "typebox";
import { Strings } from "../schemas.ts";

/** The states of the saga. */
export const OrderState = Strings([
  "reserving",
  "reserved",
  "closing",
  "paid",
  "fulfilled",
  "refunding",
  "refunded",
  "rejected",
  "expired",
  "cancelled",
] as const);
export type OrderState = Static<typeof OrderState>;
