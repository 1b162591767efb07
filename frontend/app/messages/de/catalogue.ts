import type en from "../en/catalogue.ts";

export default {
  sorts: {
    newest: "Neueste",
    popular: "Beliebt",
    price: "Preis, aufsteigend",
    "-price": "Preis, absteigend",
    relevance: "Beste Treffer",
  },
} satisfies typeof en;
