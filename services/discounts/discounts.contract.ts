import { Type, type Static } from "typebox";
import { contract } from "../../core/contract.ts";
import {
  Changes,
  Id,
  ListOf,
  MAX_AMOUNT,
  MAX_LINES,
  MAX_QUANTITY,
  Nothing,
  Nullable,
  Paging,
  Strings,
  Sum,
  Time,
} from "../schemas.ts";

const MAX_ITEMS = 50;
const MAX_CAP = 100_000;
const MAX_PER_BUYER = 20;

/** What a buyer types in: upper and lower case are the same. */
export const Code = Type.String({
  minLength: 3,
  maxLength: 40,
  pattern: "^[A-Za-z0-9_-]*$",
  description: "Letters, digits, - and _; upper and lower case are the same",
});
/** As it is kept and shown. */
const KeptCode = Type.String();

const Percent = Type.Integer({ minimum: 1, maximum: 100 });
const Cap = Type.Integer({ minimum: 1, maximum: MAX_CAP });
const PerBuyer = Type.Integer({ minimum: 1, maximum: MAX_PER_BUYER });

export const Discount = Type.Object({
  code: KeptCode,
  percent: Nullable(Percent),
  amount: Nullable(Type.Integer({ minimum: 1, description: "Minor units" })),
  items: Nullable(Type.Array(Id)),
  cap: Nullable(Cap),
  used: Type.Integer({ minimum: 0, description: "Orders that hold it or bought with it, less refunded ones" }),
  perBuyer: Nullable(PerBuyer),
  endsAt: Nullable(Time),
  createdAt: Time,
  active: Type.Boolean({ description: "It was not ended, and its time is not over" }),
});
export type Discount = Static<typeof Discount>;

const common = {
  code: Code,
  items: Type.Optional(
    Type.Array(Id, { minItems: 1, maxItems: MAX_ITEMS, description: "Own items it is for; left out: all" }),
  ),
  cap: Type.Optional(Cap),
  perBuyer: Type.Optional(PerBuyer),
  endsAt: Type.Optional(Time),
};

const Reason = Strings(["unknown", "ended", "items", "minimum"] as const);
/** Why a code does not apply: unknown to this seller, over, for other items, or it leaves 1 to 49 cents to pay. */
export type Reason = Static<typeof Reason>;

/** What a code takes off an order, and its caps as they are frozen into it. `off`: minor units for each line, in the order asked. */
export const Applied = Type.Object({
  code: KeptCode,
  amount: Type.Integer(),
  off: Type.Array(Type.Integer()),
  cap: Nullable(Type.Integer()),
  perBuyer: Nullable(Type.Integer()),
});
export type Applied = Static<typeof Applied>;

const Line = Type.Object({ itemId: Id, quantity: Type.Integer({ minimum: 1, maximum: MAX_QUANTITY }) });
const ByCode = Type.Object({ code: Code });

/** Discount codes of sellers. Whether a use is left is judged by inventory, when an order is reserved. */
export const discounts = contract({
  name: "discounts",
  actions: {
    create: {
      rest: "POST /api/discounts",
      auth: "user",
      status: 201,
      summary: "A discount code for one's own items: a percentage, or an amount",
      params: Type.Union([
        Type.Object({ ...common, percent: Percent }),
        Type.Object({
          ...common,
          amount: Type.Integer({ minimum: 1, maximum: MAX_AMOUNT, description: "Minor units" }),
        }),
      ]),
      returns: Discount,
      errors: ["NOT_FOUND", "CODE_TAKEN"],
    },
    list: {
      rest: "GET /api/discounts",
      auth: "user",
      summary: "One's own discount codes, ended ones too",
      params: Type.Object({ ...Paging }),
      returns: ListOf(Discount),
    },
    /** Orders that hold it already keep it. */
    end: {
      rest: "DELETE /api/discounts/:code",
      auth: "user",
      status: 204,
      summary: "End a discount code for good",
      params: ByCode,
      returns: Nothing,
      errors: ["NOT_FOUND"],
    },
    /** Promises nothing: the order's reservation is the judge of what is left. */
    quote: {
      rest: "POST /api/discounts/quote",
      auth: "anyone",
      summary: "What a code would take off these lines of one seller",
      params: Type.Object({ code: Code, lines: Type.Array(Line, { minItems: 1, maxItems: MAX_LINES }) }),
      returns: Type.Object({ discount: Sum, total: Sum }),
      errors: ["NOT_FOUND", "MIXED_SELLERS", "CODE_INVALID", "CODE_USED_UP", "RATE_LIMITED"],
    },
    /** For orders: what the code takes off these lines (amounts in minor units), or why it does not apply. */
    apply: {
      params: Type.Object({
        seller: Id,
        code: Code,
        lines: Type.Array(Type.Object({ itemId: Id, amount: Type.Integer() })),
      }),
      returns: Type.Union([Applied, Type.Object({ reason: Reason })]),
      idempotent: true,
    },
    changes: Changes,
  },
});
