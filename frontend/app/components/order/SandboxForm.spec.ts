import { mountSuspended, registerEndpoint } from "@nuxt/test-utils/runtime";
import { setResponseStatus } from "h3";
import { beforeEach, expect, test, vi } from "vitest";
import type { Order } from "~/utils/types";
import SandboxForm from "./SandboxForm.vue";

const order = { id: "o1", total: { amount: 1200, currency: "eur" } } as Order;
let reply: { status: number; body: object };
registerEndpoint("/api/orders/o1/pay", {
  method: "POST",
  handler: () => ({ clientSecret: "pi_1_secret_2", publishableKey: "pk_test_1", apiBase: "" }),
});
registerEndpoint("/v1/payment_intents/pi_1/confirm", {
  method: "POST",
  handler: (event) => {
    setResponseStatus(event, reply.status);
    return reply.body;
  },
});
beforeEach(() => {
  reply = { status: 200, body: { status: "succeeded" } };
});

async function pressed() {
  const drawn = await mountSuspended(SandboxForm, { props: { order } });
  await drawn.find("form").trigger("submit");
  await vi.waitFor(() => expect(drawn.find("button").attributes("disabled")).toBeUndefined());
  return drawn;
}

test("works without a script, too: the form knows where it is sent", async () => {
  const form = (await mountSuspended(SandboxForm, { props: { order } })).find("form");
  expect([form.attributes("method"), form.attributes("action")]).toEqual(["post", "/checkout/o1/pay"]);
});

test("tells how it went: paid, declined and why, or gone on without us", async () => {
  expect((await pressed()).emitted("confirmed")).toHaveLength(1);
  reply = { status: 402, body: { error: { code: "expired_card" } } };
  expect((await pressed()).emitted("declined")).toEqual([["expired_card"]]);
  reply = { status: 400, body: { error: { code: "payment_intent_unexpected_state" } } };
  expect((await pressed()).emitted("stale")).toHaveLength(1);
});

test("where nobody answers nothing is certain, and paying again is safe", async () => {
  reply = { status: 500, body: {} };
  const drawn = await pressed();
  expect(drawn.find("[role=alert]").text()).toContain("you cannot be charged twice");
  expect(drawn.emitted()).not.toHaveProperty("declined");
});
