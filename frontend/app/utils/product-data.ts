import { plainText } from "./plain-text.ts";
import type { Item } from "./types.ts";

/** schema.org's Product as JSON-LD. `<` is escaped, so that no title can end the script element it stands in. */
export function productData(item: Item): string {
  const buyable = item.status === "published" && (!item.stock || item.stock.available > 0);
  return JSON.stringify({
    "@context": "https://schema.org",
    "@type": "Product",
    name: item.title,
    description: plainText(item.description, 300),
    ...(item.cover && { image: item.cover }),
    offers: {
      "@type": "Offer",
      price: (item.price.amount / 100).toFixed(2),
      priceCurrency: item.price.currency.toUpperCase(),
      availability: `https://schema.org/${buyable ? "InStock" : "SoldOut"}`,
      seller: { "@type": "Person", name: item.seller.name },
    },
  }).replaceAll("<", "\\u003c");
}
