import { sendRedirect } from "h3";

const CHECKOUT = /^\/checkout\/[\w-]+$/;

/** A bank sends the buyer back with the payment's secret in the address. It goes no further than here: into no page, no history. */
export default defineEventHandler((event) => {
  const [path, query] = event.path.split("?", 2) as [string, string | undefined];
  const given = new URLSearchParams(query);
  if (event.method !== "GET" || !CHECKOUT.test(path) || !given.has("payment_intent_client_secret")) return;
  const status = given.get("redirect_status");
  return sendRedirect(event, status ? `${path}?${new URLSearchParams({ redirect_status: status })}` : path, 303);
});
