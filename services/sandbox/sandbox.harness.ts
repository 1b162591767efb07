import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { ServiceBroker } from "moleculer";
import Stripe from "stripe";
import { brokerOptions } from "../../core/broker.ts";
import { readConfig } from "../../core/config.ts";
import { systemRuntime, type Runtime } from "../../core/runtime.ts";
import { makeSecrets } from "../../core/secrets.ts";
import { sandboxKeys } from "./keys.ts";
import sandboxService from "./sandbox.service.ts";

export const PUBLIC_URL = "https://shop.example";
const secrets = makeSecrets("j".repeat(32), Buffer.alloc(32, 7));
export const keys = sandboxKeys(secrets);

/** A webhook as the shop got it. */
interface Hook {
  event: Stripe.Event;
  body: string;
  signature: string;
}

export const scratch = () => {
  const dir = mkdtempSync(join(tmpdir(), "holdfast-"));
  return { dir, remove: () => rmSync(dir, { recursive: true, force: true }) };
};

interface Options {
  dir: string;
  runtime?: Partial<Runtime>;
  /** What the shop answers webhooks with. */
  shop?: { status: number };
  /** All, unless it says otherwise. */
  enabledEvents?: string[];
}

/** The sandbox behind a real HTTP server, which passes /v1 on as the gateway does and receives the webhooks. */
export async function startSandbox({ dir, runtime = {}, shop = { status: 200 }, enabledEvents = ["*"] }: Options) {
  const hooks: Hook[] = [];
  const server = createServer((request, response) => {
    answer(request).then(
      ({ status, headers, body }) => response.writeHead(status, headers).end(body),
      (error) => response.writeHead(599).end(String(error)),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  const config = readConfig({ DATA_DIR: dir, API_URL: url, PUBLIC_URL, LOGLEVEL: "fatal" });
  const broker = new ServiceBroker(brokerOptions({ config, secrets, runtime: { ...systemRuntime(), ...runtime } }));
  broker.createService({ ...sandboxService, settings: { enabledEvents } });
  try {
    await broker.start();
  } catch (error) {
    server.close();
    throw error;
  }

  async function answer(request: IncomingMessage) {
    const body = await text(request);
    const headers = request.headers as Record<string, string>;
    if (request.url !== "/api/webhooks/stripe") {
      const params = { method: request.method!, path: request.url!, headers, body };
      return broker.call<{ status: number; headers: Record<string, string>; body: string }, typeof params>(
        "sandbox.request",
        params,
        {
          timeout: 0,
        },
      );
    }
    hooks.push({ event: JSON.parse(body), body, signature: headers["stripe-signature"]! });
    return { status: shop.status, headers: {}, body: "" };
  }

  const stripe = new Stripe(keys.secretKey, {
    host: "127.0.0.1",
    port,
    protocol: "http",
    maxNetworkRetries: 0,
    telemetry: false,
  });
  const create = (extra: Partial<Stripe.PaymentIntentCreateParams> = {}, options: Stripe.RequestOptions = {}) =>
    stripe.paymentIntents.create(
      { amount: 1500, currency: "eur", allowed_payment_method_types: ["card"], ...extra },
      options,
    );

  return {
    url,
    port,
    hooks,
    shop,
    stripe,
    create,
    paid: (payment_method = "pm_card_visa", extra: Partial<Stripe.PaymentIntentCreateParams> = {}) =>
      create({ confirm: true, payment_method, ...extra }),
    /** A form, sent with the secret key unless `headers` say otherwise. */
    post: (path: string, fields: Record<string, string>, headers: Record<string, string> = {}) =>
      fetch(url + path, {
        method: "POST",
        body: new URLSearchParams(fields),
        headers: { authorization: `Bearer ${keys.secretKey}`, ...headers },
        redirect: "manual",
      }),
    /** What a browser does: a form, with the publishable key in it. */
    async browse(path: string, fields: Record<string, string>) {
      const body = new URLSearchParams({ key: keys.publishableKey, ...fields });
      const reply = await fetch(url + path, { method: "POST", body });
      return { status: reply.status, body: await jsonOf(reply) };
    },
    async setFaults(faults: unknown) {
      const headers = { authorization: `Bearer ${keys.secretKey}`, "content-type": "application/json" };
      const body = typeof faults === "string" ? faults : JSON.stringify(faults);
      const reply = await fetch(`${url}/v1/test/faults`, { method: "PUT", headers, body });
      return { status: reply.status, body: await jsonOf(reply) };
    },
    /** The types of the webhooks about one object, in the order of their arrival. */
    hooksOf: (id: string) =>
      hooks.filter(({ event }) => (event.data.object as { id?: string }).id === id).map(({ event }) => event.type),
    async stop() {
      await broker.stop();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export type Sandbox = Awaited<ReturnType<typeof startSandbox>>;

/** Polls until the condition holds; throws when it does not within ten seconds. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 10_000; !(await condition());) {
    if (Date.now() > end) throw new Error(`never true: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** The error that Stripe's package throws. */
export const refusal = (call: Promise<unknown>): Promise<Stripe.errors.StripeError> =>
  call.then(
    () => Promise.reject(new Error("it was accepted")),
    (error) => error,
  );

type Json = Record<string, any>;
export const jsonOf = (reply: Response) => reply.json() as Promise<Json>;
