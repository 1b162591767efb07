/** `status` tells the page how a payment went: "succeeded" and "failed" are Stripe's own words when a bank sends a buyer back. */
export function checkoutPage(order: string, status?: "succeeded" | "declined" | "unanswered"): string {
  const page = `/checkout/${encodeURIComponent(order)}`;
  return status ? `${page}?redirect_status=${status}` : page;
}
