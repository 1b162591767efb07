import { euroText, parseEuros } from "./money.ts";
import type { Params } from "./routes.ts";
import type { Item, Kind } from "./types.ts";

export const MIN_CENTS = 50;
export const MAX_CENTS = 99_999_999;
export const MAX_COPIES = 100_000;

/** The form of an item as a person types it. */
export interface ItemForm {
  title: string;
  description: string;
  price: string;
  kind: Kind;
  stock: string;
  perBuyer: string;
}
export type FormErrors = Partial<Record<keyof ItemForm, string>>;

export const formOf = (item?: Item): ItemForm => ({
  title: item?.title ?? "",
  description: item?.description ?? "",
  price: item ? euroText(item.price.amount) : "",
  kind: item?.kind ?? "edition",
  stock: item?.stock ? String(item.stock.total) : "",
  perBuyer: item?.perBuyer ? String(item.perBuyer) : "",
});

const copies = (text: string) => (/^\d{1,6}$/.test(text.trim()) ? Number(text) : Number.NaN);
const isCopies = (n: number) => n >= 1 && n <= MAX_COPIES;

export function formErrors(form: ItemForm): FormErrors {
  const errors: FormErrors = {};
  const cents = parseEuros(form.price);
  if (!form.title.trim()) errors.title = "Give it a title.";
  if (cents === undefined) errors.price = "Write an amount like 12.50.";
  else if (cents < MIN_CENTS || cents > MAX_CENTS) errors.price = "Between €0.50 and €999,999.99.";
  if (form.kind === "edition" && !isCopies(copies(form.stock))) errors.stock = "A number from 1 to 100,000.";
  if (form.perBuyer.trim() && !isCopies(copies(form.perBuyer)))
    errors.perBuyer = "A number from 1 to 100,000, or empty.";
  return errors;
}

/** A new item, as the shop takes it. */
export const newItem = (form: ItemForm): Params<"items.create"> =>
  ({
    title: form.title.trim(),
    description: form.description,
    price: { amount: parseEuros(form.price), currency: "eur" },
    kind: form.kind,
    perBuyer: form.perBuyer.trim() ? copies(form.perBuyer) : null,
    ...(form.kind === "edition" && { stock: copies(form.stock) }),
  }) as Params<"items.create">;

/** Only what changed, so that nothing is asked for that need not be. */
export function changes(form: ItemForm, before: Item): Omit<Params<"items.update">, "id"> {
  const was: Record<string, unknown> = newItem(formOf(before));
  return Object.fromEntries(
    Object.entries(newItem(form)).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(was[name])),
  );
}
