import { failureOf } from "../../app/utils/failure";
import { formHandler, type Fields } from "../utils/form";

/** The page on which a purchase is confirmed. `key` is the purchase's, kept where nobody knows yet how it went. */
const confirmPage = (field: Fields, key = "") =>
  `/buy?${new URLSearchParams({ itemId: field("itemId"), quantity: field("quantity") || "1", ...(key && { key }) })}`;

/**
 * One press, one order: the key comes from a page that was made for this visitor alone. A form without one, as on the
 * pages of items that everybody shares, leads to that page first.
 */
export default formHandler(
  async ({ field, shop }) => {
    const [email, amount, idempotencyKey] = [field("email").trim(), field("total"), field("key")];
    if (!idempotencyKey) return confirmPage(field);
    const { id } = await shop("orders.create", {
      lines: [{ itemId: field("itemId"), quantity: Number(field("quantity") || 1) }],
      ...(email && { email }),
      ...(amount && { total: { amount: Number(amount), currency: "eur" as const } }),
      idempotencyKey,
    });
    return `/checkout/${id}`;
  },
  ({ field }, error) => confirmPage(field, failureOf(error).type === "TRY_AGAIN" ? field("key") : ""),
);
