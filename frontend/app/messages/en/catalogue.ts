/** Finding things, and the page of one. */
export default {
  sorts: {
    newest: "Newest",
    popular: "Popular",
    price: "Price, low to high",
    "-price": "Price, high to low",
    relevance: "Best match",
  },
};
