import { Cards, packCards, unpackCards } from "~/utils/cards";

/** Cards travel from server to browser as one short text. */
export default definePayloadPlugin(() => {
  definePayloadReducer("Cards", (value) => value instanceof Cards && packCards(value));
  definePayloadReviver("Cards", unpackCards);
});
