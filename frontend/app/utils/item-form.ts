import { euroText, parseEuros } from "./money.ts";
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

/** What POST and PATCH take; PATCH (given `before`) only gets what changed, so that it asks for nothing it need not. */
export function formBody(form: ItemForm, before?: Item): Record<string, unknown> {
  const all: Record<string, unknown> = {
    title: form.title.trim(),
    description: form.description,
    price: { amount: parseEuros(form.price), currency: "eur" },
    kind: form.kind,
    perBuyer: form.perBuyer.trim() ? copies(form.perBuyer) : null,
    ...(form.kind === "edition" && { stock: copies(form.stock) }),
  };
  if (!before) return all;
  const was = formBody(formOf(before));
  return Object.fromEntries(
    Object.entries(all).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(was[name])),
  );
}
