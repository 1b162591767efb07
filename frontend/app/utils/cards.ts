import { coverAddress } from "./cover.ts";
import type { Item } from "./types.ts";

/** What a card needs of an item: the page carries no descriptions that it does not show. */
export type CardItem = Pick<Item, "id" | "title" | "price" | "kind" | "cover" | "stock" | "nextAt"> & {
  seller: { name: string };
};

/** A shelf of cards. It is a class so that it is known again on its way from the server, where it is packed. */
export class Cards extends Array<CardItem> {}

export const cardOf = ({ id, title, price, kind, cover, stock, nextAt, seller }: Item): CardItem => ({
  id,
  title,
  price,
  kind,
  cover,
  stock,
  nextAt,
  seller: { name: seller.name },
});

export const cardsOf = (items: Item[]): Cards => Cards.from(items, cardOf) as Cards;

/**
 * Cards as one text: a third of the bytes that Nuxt's own payload takes for them, in which every value has a number and
 * every object is a list of those.
 */
export const packCards = (cards: Cards): string =>
  JSON.stringify(
    [...cards].map(({ id, title, price, kind, cover, stock, nextAt, seller }) => [
      id,
      title,
      price.amount,
      kind,
      cover === coverAddress(id) ? 1 : cover,
      stock && [stock.total, stock.available, stock.held, stock.sold],
      nextAt,
      seller.name,
    ]),
  );

type Packed = [
  id: string,
  title: string,
  amount: number,
  kind: Item["kind"],
  cover: string | null | 1,
  stock: [total: number, available: number, held: number, sold: number] | null,
  nextAt: string | null,
  seller: string,
];

export function unpackCards(text: string): Cards {
  const rows = JSON.parse(text) as Packed[];
  return Cards.from(rows, ([id, title, amount, kind, cover, stock, nextAt, name]): CardItem => {
    const [total, available, held, sold] = stock ?? [0, 0, 0, 0];
    return {
      id,
      title,
      price: { amount, currency: "eur" },
      kind,
      cover: cover === 1 ? coverAddress(id) : cover,
      stock: stock && { total, available, held, sold },
      nextAt,
      seller: { name },
    };
  }) as Cards;
}
