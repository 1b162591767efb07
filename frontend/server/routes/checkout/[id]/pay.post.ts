import type { IncomingMessage } from "node:http";
import { getRequestURL } from "h3";
import { confirmPayment } from "../../../../app/utils/confirm";
import { checkoutPage } from "../../../utils/checkout";
import { formHandler } from "../../../utils/form";

/** The sandbox is on the port that this request came in by, whatever the shop is called from outside. */
const here = ({ socket }: IncomingMessage) => `http://127.0.0.1:${socket.localPort}`;

/**
 * A test card, confirmed by the server where no script does it: the secret of the payment never stands in a page. Cards
 * that are real are typed into Stripe's own form, which needs a script.
 */
export default formHandler(
  async ({ event, field, param, shop }) => {
    const id = param("id");
    const pay = await shop("orders.pay", { id });
    if (pay.apiBase) return checkoutPage(id);
    const { origin } = getRequestURL(event, { xForwardedProto: true });
    const atHome = { ...pay, apiBase: here(event.node.req) };
    const outcome = await confirmPayment(atHome, field("card"), origin + checkoutPage(id)).catch(() => undefined);
    if (!outcome) return checkoutPage(id, "unanswered");
    if (outcome.state === "redirect") return outcome.url;
    if (outcome.state === "declined") return checkoutPage(id, "declined");
    return checkoutPage(id, outcome.state === "done" ? "succeeded" : undefined);
  },
  ({ param }) => checkoutPage(param("id")),
);
