import { Type, type Static } from "typebox";
import { contract } from "../../core/contract.ts";
import { Id, Lang, Millis, Nothing, Sweep, Time } from "../schemas.ts";

const Link = Type.String({ minLength: 1, description: "An absolute address that needs nothing but a click" });

/** What a letter says that somebody asks for; those about facts mail writes by itself. */
export const LetterData = {
  /** A new password. The link is a secret until it is used or an hour old. */
  reset: Type.Object({ name: Type.String(), link: Link }),
  /** A guest's orders, the newest first. `at`: when they were made, ms; `total` in minor units. */
  find: Type.Object({
    orders: Type.Array(
      Type.Object({ id: Id, titles: Type.Array(Type.String()), total: Type.Integer(), at: Millis, link: Link }),
    ),
  }),
  /** The waiting list: a copy is held for the reader, as this order, until `expiresAt`, ms. */
  granted: Type.Object({ title: Type.String(), orderId: Id, expiresAt: Millis, link: Link }),
};

/** An e-mail address, or a user, whose address and language auth is asked for. */
const To = Type.Union([Type.String({ format: "email", maxLength: 254 }), Type.Object({ user: Id })]);
export type To = Static<typeof To>;

const common = {
  to: To,
  /** The reader's language; when left out a user's own, else English. */
  lang: Type.Optional(Lang),
  /** A business key: of one key and template there is one letter, however often it is asked for. No secret. */
  key: Type.String({ minLength: 1, maxLength: 200 }),
};
const Wish = Type.Union([
  Type.Object({ template: Type.Literal("reset"), ...common, data: LetterData.reset }),
  Type.Object({ template: Type.Literal("find"), ...common, data: LetterData.find }),
  Type.Object({ template: Type.Literal("granted"), ...common, data: LetterData.granted }),
]);

const Listed = { id: Type.String(), to: Type.String(), subject: Type.String(), text: Type.String(), at: Time };
export const Kept = Type.Object({
  ...Listed,
  html: Type.String(),
  headers: Type.Array(Type.Object({ name: Type.String(), value: Type.String() })),
});
export type Kept = Static<typeof Kept>;

/** Letters to buyers and sellers. */
export const mail = contract({
  name: "mail",
  actions: {
    /** Answers when the letter is certain to be sent, not when it is. A user that does not exist gets none. */
    send: { params: Wish, returns: Nothing, idempotent: true },
    /** For the developers' mailbox: what would have been sent, the newest first. NOT_FOUND in production and with SMTP_URL. */
    mailbox: {
      params: Type.Object({}),
      returns: Type.Object({ rows: Type.Array(Type.Object(Listed)) }),
      errors: ["NOT_FOUND"],
      idempotent: true,
    },
    /** One letter of the developers' mailbox, whole. NOT_FOUND likewise. */
    letter: { params: Type.Object({ id: Type.String() }), returns: Kept, errors: ["NOT_FOUND"], idempotent: true },
    sweep: Sweep,
  },
});
