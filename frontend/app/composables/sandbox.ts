/**
 * Does the sandbox stand in for Stripe? The server knows, before there is a payment to ask about, so that the form is on
 * the page from the start; it says so to the browser.
 */
export const useSandbox = () => useState("sandbox", () => import.meta.server && !process.env.STRIPE_SECRET_KEY);
