import { plainText } from "./plain-text.ts";
import type { Item } from "./types.ts";

/** schema.org's Product as JSON-LD; `origin` is the shop's, since crawlers want whole addresses. `<` is escaped, so that no title can end the script element it stands in. */
export function productData(item: Item, origin: string): string {
  const { id, title, description, price, seller, status, stock } = item;
  const buyable = status === "published" && (!stock || stock.available > 0);
  const page = `${origin}/p/${encodeURIComponent(id)}`;
  return JSON.stringify({
    "@context": "https://schema.org",
    "@type": "Product",
    name: title,
    description: plainText(description, 300),
    sku: id,
    url: page,
    image: [`${origin}/og/${encodeURIComponent(id)}.png`],
    offers: {
      "@type": "Offer",
      url: page,
      price: (price.amount / 100).toFixed(2),
      priceCurrency: price.currency.toUpperCase(),
      availability: `https://schema.org/${buyable ? "InStock" : "SoldOut"}`,
      seller: { "@type": "Person", name: seller.name, url: `${origin}/s/${encodeURIComponent(seller.id)}` },
    },
  }).replaceAll("<", "\\u003c");
}
