import { afterAll, beforeAll, beforeEach, expect, test } from "@jest/globals";
import Stripe from "stripe";
import { systemRuntime, type Timer } from "../../core/runtime.ts";
import { describeWith, testBroker, type TestBroker } from "../../tests/broker.ts";
import { stripeMock } from "../../tests/servers.ts";
import type { Provider } from "./flow.ts";
import inbox from "./inbox.service.ts";
import type { Payment } from "./payment.machine.ts";
import payments from "./payments.service.ts";
import { keysFor, stripeClient, stripeProvider } from "./stripe.ts";

/** Any keys do: stripe-mock looks at their form alone. */
const KEYS = {
  STRIPE_SECRET_KEY: "sk_test_123",
  STRIPE_PUBLISHABLE_KEY: "pk_test_123",
  STRIPE_WEBHOOK_SECRET: "whsec_123",
};
const SHOP = "shop";
/** What the client tells of a reply. */
interface Answer {
  method: string;
  path: string;
  status: number;
}
/** What a refund flow holds when it asks the provider. */
const refunding: Payment = {
  _id: "order1",
  v: 1,
  state: "refunding",
  attempt: 1,
  params: { amount: 1500, currency: "eur" },
  intent: "pi_123",
  createdAt: 0,
};

/**
 * Stripe's own mock knows Stripe's API description and refuses fields that it does not list, or of another type. It
 * remembers nothing, so this proves the shape of our requests; what they do is proved against the sandbox.
 */
describeWith(stripeMock, "requests as Stripe takes them", (mock) => {
  let shop: TestBroker;
  let stripe: Stripe;
  let provider: Provider;
  /** The work that the payments service does every so often. */
  const chores: (() => void)[] = [];
  let answered: Answer[] = [];
  const listen = (client: Stripe) =>
    client.on("response", ({ method, path, status }: Answer) =>
      answered.push({ method, path: path.split("?")[0]!, status }),
    );
  const sent = () => answered.map(({ method, path, status }) => `${status} ${method} ${path}`);

  beforeAll(async () => {
    const runtime = {
      ...systemRuntime(),
      every: (_: number, work: () => void): Timer => {
        chores.push(work);
        return { cancel() {} };
      },
    };
    shop = testBroker({
      env: { ...KEYS, STRIPE_API: mock().url },
      services: [payments, inbox],
      runtime,
    });
    await shop.broker.start();
    const service = shop.broker.getLocalService("payments") as unknown as { stripe: Stripe };
    listen(service.stripe);
    stripe = stripeClient(shop.config, keysFor(shop.config, {} as never));
    listen(stripe);
    provider = stripeProvider(stripe, SHOP);
  });
  afterAll(() => shop.stop());
  beforeEach(() => {
    answered = [];
  });

  test("a PaymentIntent is created, read and cancelled", async () => {
    const intent = await provider.create({ order: "order1", attempt: 1, amount: 1500, currency: "eur" });
    expect(intent).toMatchObject({ id: expect.stringMatching(/^pi_/), clientSecret: expect.any(String) });
    await provider.retrieve(intent.id);
    await provider.cancel(intent.id);
    const path = `/v1/payment_intents/${intent.id}`;
    expect(sent()).toEqual(["200 POST /v1/payment_intents", `200 GET ${path}`, `200 POST ${path}/cancel`]);
  });

  test("a refund is asked for, looked for before it is asked for again, and read", async () => {
    const { id } = await provider.refund(refunding);
    await provider.refund({ ...refunding, attempt: 2 });
    const read = await provider.refund({ ...refunding, refund: { id, status: "pending" } });
    expect(read).toEqual({ id: expect.stringMatching(/^re_/), status: expect.any(String) });
    expect(sent()).toEqual(["200 POST /v1/refunds", "200 GET /v1/refunds", `200 GET /v1/refunds/${id}`]);
  });

  test("the events since the last time are listed", async () => {
    for (const chore of chores) chore();
    for (const end = Date.now() + 10_000; answered.length === 0 && Date.now() < end;)
      await new Promise((resolve) => setTimeout(resolve, 10));
    expect(sent()).toEqual(["200 GET /v1/events"]);
  });

  test("a misspelt parameter, or one of another type, is refused: the mock does look", async () => {
    const { paymentIntents, refunds, events } = stripe;
    const faults: (() => Promise<unknown>)[] = [
      () => paymentIntents.create({ amount: 1500, currency: "eur", metdata: { order: "order1" } } as never),
      () => paymentIntents.create({ amount: "much", currency: "eur" } as never),
      () => refunds.create({ payment_intnet: "pi_123" } as never),
      async () => refunds.list({ payment_intnet: "pi_123" } as never),
      async () => events.list({ created: { gte: "yesterday" } } as never),
    ];
    for (const fault of faults) await expect(fault()).rejects.toBeInstanceOf(Stripe.errors.StripeInvalidRequestError);
  });
});
