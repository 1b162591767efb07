import { createServer, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import type { ServiceBroker } from "moleculer";
import { freePort } from "../cluster/servers.ts";

/** A cash desk for specs of services: it passes `/v1` to the sandbox and webhooks to payments, as the gateway does. */
export interface Till {
  /** For the environment of the test broker, before it is made. */
  env: { API_URL: string };
  serve(broker: ServiceBroker): Promise<void>;
  /** The sandbox's side of a buyer who pays: what confirming answered. */
  confirm(clientSecret: string, publishableKey: string, method?: string): Promise<{ status: string }>;
  close(): Promise<void>;
}

interface Reply {
  status: number;
  headers: Record<string, string>;
  body: string;
}

export async function openTill(): Promise<Till> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const server = createServer();
  return {
    env: { API_URL: url },
    async serve(broker) {
      const answer = async (req: IncomingMessage): Promise<Reply> => {
        const body = await text(req);
        const headers = req.headers as Record<string, string>;
        if (req.url!.startsWith("/v1/"))
          return broker.call<Reply, object>("sandbox.request", { method: req.method, path: req.url, headers, body });
        await broker.call("payments.webhook", { body, signature: headers["stripe-signature"] });
        return { status: 200, headers: {}, body: "" };
      };
      server.on("request", (req: IncomingMessage, res) => {
        answer(req).then(
          ({ status, headers, body }) => res.writeHead(status, headers).end(body),
          () => res.writeHead(503).end(),
        );
      });
      await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    },
    async confirm(clientSecret, publishableKey, method = "pm_card_visa") {
      const intent = clientSecret.split("_secret_")[0];
      const body = new URLSearchParams({ key: publishableKey, client_secret: clientSecret, payment_method: method });
      const response = await fetch(`${url}/v1/payment_intents/${intent}/confirm`, { method: "POST", body });
      return response.json() as Promise<{ status: string }>;
    },
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** Waits until the answer is what is wanted, and gives it. */
export async function eventually<T>(ask: () => Promise<T>, wanted: (answer: T) => boolean, ms = 15_000): Promise<T> {
  for (const end = Date.now() + ms; ; await new Promise((resolve) => setTimeout(resolve, 20))) {
    const answer = await ask();
    if (wanted(answer)) return answer;
    if (Date.now() > end) throw new Error(`never came: ${wanted}, last ${JSON.stringify(answer)}`);
  }
}
