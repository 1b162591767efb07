import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Client, Reply } from "./client.ts";
import { Shop } from "./shop.ts";
import { eventually } from "./till.ts";

const BUILT = join(import.meta.dirname, "..", "frontend", ".output", "server", "index.mjs");
const EMAIL = "guest@example.com";

type Fields = Record<string, string>;

/** The fields of the form that a page sends to `action`, as a browser would send them back. */
function formOf(html: string, action: string): Fields {
  const form = [...html.matchAll(/<form[^>]*\saction="([^"]*)"[^>]*>(.*?)<\/form>/gs)].find(([, to]) => to === action);
  if (!form) throw new Error(`No form leads to ${action}`);
  const inputs = [...form[2]!.matchAll(/<input[^>]*>/g)].map(([input]) => ({
    name: /\sname="([^"]*)"/.exec(input)?.[1],
    value: /\svalue="([^"]*)"/.exec(input)?.[1] ?? "",
  }));
  return Object.fromEntries(inputs.flatMap(({ name, value }) => (name ? [[name, value]] : [])));
}

/** Presses a form's button; where the shop sends the browser then. */
async function send(person: Client, path: string, fields: Fields, headers: Fields = {}): Promise<string> {
  const reply = await person.ask(path, { method: "POST", raw: new URLSearchParams(fields), headers });
  expect([reply.status, reply.headers.get("cache-control")]).toEqual([303, "no-store"]);
  return reply.headers.get("location")!;
}
async function read(person: Client, path: string): Promise<string> {
  const { status, body } = await person.get(path);
  expect([path, status]).toEqual([path, 200]);
  return body;
}

describe("the shop without a script", () => {
  let shop: Shop;
  let seller: Client;
  let item: { id: string };

  beforeAll(async () => {
    if (!existsSync(BUILT)) throw new Error("The storefront is not built; `npm test` builds it first");
    shop = await Shop.start();
    seller = await shop.client().signUp("Sella");
    item = await seller.sell({ kind: "keys", keys: ["KELP-1", "KELP-2", "KELP-3", "KELP-4"], price: 2000 });
  }, 60_000);
  afterAll(() => shop?.stop());

  /** From the item's page to the one that asks for the last word. */
  async function lastLook(person: Client, id = item.id): Promise<Fields> {
    const page = await read(person, `/p/${id}`);
    return formOf(await read(person, await send(person, "/buy", formOf(page, "/buy"))), "/buy");
  }
  async function reserve(person: Client): Promise<string> {
    return send(person, "/buy", { ...(await lastLook(person)), email: EMAIL });
  }
  const pay = (person: Client, checkout: string, card: string) => send(person, `${checkout}/pay`, { card });

  test("a guest buys with a second card, says yes at the bank, and has the key on the page", async () => {
    const guest = shop.client();
    const checkout = await reserve(guest);
    expect(checkout).toMatch(/^\/checkout\/[\w-]+$/);
    expect(await read(guest, checkout)).toContain("TEST MODE");

    const declined = await pay(guest, checkout, "pm_card_chargeDeclined");
    const page = await read(guest, declined);
    expect(page).toContain("Your card was declined.");
    expect(formOf(page, `${checkout}/pay`)).toHaveProperty("card");

    const bank = await pay(guest, checkout, "pm_card_threeDSecure2Required");
    expect(await read(guest, new URL(bank).pathname + new URL(bank).search)).toContain("Complete authentication");
    const answer = { method: "POST", raw: new URLSearchParams({ result: "succeeded" }) };
    const home = (await guest.ask(bank, answer)).headers.get("location")!;
    expect(home).toContain("client_secret");
    // The secret of the payment is in the bank's answer, and in nothing that the shop writes.
    const clean = await guest.ask(home);
    expect([clean.status, clean.headers.get("location")]).toEqual([303, `${checkout}?redirect_status=succeeded`]);
    expect(await read(guest, `${checkout}?redirect_status=succeeded`)).not.toContain("_secret_");

    const bought = await eventually(
      () => read(guest, checkout),
      (html) => html.includes("It is yours"),
    );
    expect(bought).toMatch(/KELP-\d/);
    expect(await read(guest, checkout.replace("checkout", "orders"))).toMatch(/KELP-\d/);
  }, 60_000);

  test("the key of a purchase is the visitor's own, and one key is one order", async () => {
    const [one, other] = [await lastLook(shop.client()), await lastLook(shop.client())];
    expect(one["key"]).not.toBe(other["key"]);
    const guest = shop.client();
    const fields = { ...one, email: EMAIL };
    const checkout = await send(guest, "/buy", fields);
    expect(await send(guest, "/buy", fields)).toBe(checkout);
    const given = await send(guest, `${checkout}/cancel`, {});
    await eventually(
      () => read(guest, given),
      (html) => html.includes("You let it go"),
    );
  }, 60_000);

  test("a copy that somebody else took, a price that has changed: both are said", async () => {
    const last = await seller.sell({ kind: "unique", price: 500 });
    const guest = shop.client();
    const fields = { ...(await lastLook(guest, last.id)), email: EMAIL };
    await seller.ok(
      seller.ask(`/api/items/${last.id}`, { method: "PATCH", body: { price: { amount: 900, currency: "eur" } } }),
    );
    const changed = await send(guest, "/buy", fields);
    expect(await read(guest, changed)).toContain("The price has changed");
    const rival = await shop.client().signUp();
    await rival.ok(rival.buy(last.id));
    const again = { ...formOf(await read(guest, changed), "/buy"), email: EMAIL };
    expect(await read(guest, await send(guest, "/buy", again))).toContain("Someone took the last one");
  }, 60_000);

  test("an account: made, left, entered again, and nobody is led to another site", async () => {
    const person = shop.client();
    const account = { email: "forma@example.com", password: " ten spaces ", name: "Forma" };
    expect(await send(person, "/register", { ...account, to: "/account" })).toBe("/account");
    expect(await read(person, "/account")).toContain("forma@example.com");
    expect(await send(person, "/logout", {})).toBe("/");
    const left = await person.get("/account");
    expect([left.status, left.headers.get("location")]).toEqual([302, "/login?to=/account"]);

    const wrong = await send(person, "/login", { ...account, password: "ten spaces", to: "//evil.example" });
    expect(wrong).toBe("/login?to=%2F&problem=BAD_CREDENTIALS");
    expect(await read(person, wrong)).toContain("No account has this e-mail and password.");
    expect(await send(person, "/login", { ...account, to: "//evil.example" })).toBe("/");
    const [here] = (await person.ok(person.get("/api/auth/sessions"))).rows;
    expect(await read(person, "/account/sessions")).toContain(here.id);
    expect(await send(person, "/account/sessions", { id: here.id })).toBe("/account/sessions");
  });

  test("letters are asked for, whoever asks", async () => {
    const guest = shop.client();
    expect(await read(guest, await send(guest, "/find", { email: EMAIL }))).toContain("Look into your mail");
    expect(await read(guest, await send(guest, "/reset", { email: EMAIL }))).toContain("Look into your mail");
    const spent = await send(guest, "/reset/nonsense", { password: "a long password" });
    expect(await read(guest, spent)).toContain("This link has expired");
  });

  test("a form of another site does nothing", async () => {
    const origin = "https://evil.example";
    const paths = ["/buy", "/login", "/register", "/logout", "/reset", "/find", "/account/sessions", "/checkout/x/pay"];
    const refused = (path: string): Promise<Reply> =>
      shop.client().ask(path, { method: "POST", raw: new URLSearchParams({}), headers: { origin } });
    const replies = await Promise.all(paths.map(refused));
    expect(replies.map(({ status, body }) => [status, body.type])).toEqual(paths.map(() => [403, "CROSS_SITE"]));
  });
});
