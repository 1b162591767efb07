import { Type } from "typebox";
import { contract } from "../../core/contract.ts";
import { Item } from "../items/items.contract.ts";
import { Changes, Id, ListOf, Nothing, Paging } from "../schemas.ts";

/** How many items one user may keep in mind. */
export const MAX_WISHES = 500;

const OfItem = Type.Object({ itemId: Id });

/** What a user would like to have one day. */
export const wishlist = contract({
  name: "wishlist",
  actions: {
    /** Throws NOT_FOUND unless the item is on sale, LIMIT_REACHED `{itemId, limit}` when there are too many already. */
    add: {
      rest: "PUT /api/wishlist/:itemId",
      auth: "user",
      status: 204,
      summary: "Keep an item in mind; again: the same",
      params: OfItem,
      returns: Nothing,
      errors: ["NOT_FOUND", "LIMIT_REACHED"],
      idempotent: true,
    },
    remove: {
      rest: "DELETE /api/wishlist/:itemId",
      auth: "user",
      status: 204,
      summary: "Forget an item; also one that is not on the list",
      params: OfItem,
      returns: Nothing,
      idempotent: true,
    },
    list: {
      rest: "GET /api/wishlist",
      auth: "user",
      summary: "One's own wishes, the last one first, without those that the user may no longer see",
      params: Type.Object(Paging),
      returns: ListOf(Item),
    },
    changes: Changes,
  },
});
