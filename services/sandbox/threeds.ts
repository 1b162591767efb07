import { same } from "./auth.ts";
import { decodeForm } from "./form.ts";
import { authenticate } from "./intents.ts";
import type { Intent } from "./records.ts";
import type { Given, Step } from "./step.ts";
import { html, seeOther, type WireReply } from "./wire.ts";

/** The page that stands in for the buyer's bank: it asks whether the 3-D Secure authentication succeeds or fails. */

export const THREE_DS = /^\/v1\/test\/3ds\/(\w+)$/;

export interface Visit {
  method: string;
  /** The token of the link. */
  source: string;
  body: string;
}

/** `step`, where there is one, is to be carried out before the reply is given. */
export function visit(
  intent: Intent | undefined,
  { method, source, body }: Visit,
  given: Given,
): { step?: Step; reply: WireReply } {
  if (!intent?.challenge || !same(source, intent.challenge.token)) {
    return { reply: html(404, page("Unknown link", "<p>There is no authentication under this address.</p>")) };
  }
  if (intent.status !== "requires_action") return { reply: leave(intent) };
  if (method !== "POST") return { reply: html(200, question(intent)) };
  const { result } = decodeForm(body);
  if (result !== "succeeded" && result !== "failed") return { reply: html(400, question(intent)) };
  const step = authenticate(intent, result === "succeeded", given);
  return { step, reply: leave(step.result) };
}

/** Back to the shop, as Stripe sends the buyer back; or a word of farewell where no return_url was given. */
function leave({ id, clientSecret, status, challenge }: Intent): WireReply {
  const outcome = status === "succeeded" ? "succeeded" : "failed";
  if (!challenge?.returnUrl) {
    return html(200, page(`Authentication ${outcome}`, "<p>You can close this page and go back to the shop.</p>"));
  }
  const url = new URL(challenge.returnUrl);
  url.searchParams.set("payment_intent", id);
  url.searchParams.set("payment_intent_client_secret", clientSecret);
  url.searchParams.set("redirect_status", outcome);
  return seeOther(url.href);
}

const question = ({ amount, currency }: Intent) =>
  page(
    "3-D Secure test",
    `<p>A payment of ${(amount / 100).toFixed(2)} ${currency.toUpperCase()} asks for your consent. This is a test: no bank is involved and no money moves.</p>
<form method="post">
<button name="result" value="succeeded">Complete authentication</button>
<button name="result" value="failed">Fail authentication</button>
</form>`,
  );

/** `content` is HTML: nothing that a request brought may go in. */
const page = (title: string, content: string) => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>
:root { color-scheme: light dark }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 32rem; margin: 10vh auto; padding: 0 1rem }
form { display: flex; flex-wrap: wrap; gap: .75rem }
button { font: inherit; padding: .6rem 1rem }
</style>
</head>
<body>
<main>
<h1>${title}</h1>
${content}
</main>
</body>
</html>
`;
