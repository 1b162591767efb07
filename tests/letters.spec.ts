import { afterAll, afterEach, beforeAll, expect, test } from "@jest/globals";
import type { Client } from "./client.ts";
import { linked, mailed } from "./mailbox.ts";
import { Shop } from "./shop.ts";
import { Smtp } from "./smtp.ts";
import { eventually } from "./till.ts";

/** Letters by the HTTP contract alone: what people get, and what its links open. */
let shop: Shop;
let smtp: Smtp;
let seller: Client;
afterEach(() => shop.stop());
beforeAll(async () => {
  smtp = await Smtp.start();
});
afterAll(() => smtp.close());

const open = async (env: Record<string, string> = {}) => {
  shop = await Shop.start({ env });
  seller = await shop.client().signUp("Sue", "sue@example.com");
};
const arrived = (to: string, count = 1) => mailed(shop.client(), to, count);
const guestBuys = async (email: string, headers = {}) => {
  const { id: itemId } = await seller.sell({
    kind: "keys",
    keys: ["SECRET-KEY-1", "SECRET-KEY-2"],
    title: "A <b>key</b>",
  });
  const guest = shop.client();
  const reply = guest.post("/api/orders", { lines: [{ itemId, quantity: 1 }], email }, headers);
  const { id } = await guest.ok(reply);
  await guest.pay(id);
  await guest.reaches(id, ["fulfilled"]);
  return id as string;
};

test("a guest on another machine finds their order by the mailed link, with its goods; keys are not mailed", async () => {
  await open();
  const email = "guest@example.com";
  const id = await guestBuys(email, { "accept-language": "de-DE,de" });
  const [receipt] = await arrived(email);
  expect(receipt!.subject).toBe("Deine Ware ist da");
  expect(receipt!.text).not.toContain("SECRET-KEY");

  const elsewhere = shop.client();
  expect((await elsewhere.get(`/api/orders/${id}`)).status).toBe(404);
  expect((await elsewhere.post("/api/orders/find", { email: "Guest@Example.com" })).status).toBe(202);
  const [found] = await arrived(email, 2);
  expect(found!.subject).toBe("Your order");
  for (const letter of [receipt, found]) {
    const visitor = shop.client();
    const link = `/open/${linked(letter!.text, "open")}`;
    const { status, headers } = await visitor.get(link);
    expect([status, headers.get("location"), headers.get("referrer-policy")]).toEqual([
      303,
      `/orders/${id}`,
      "no-referrer",
    ]);
    expect(await visitor.ok(visitor.get(`/api/orders/${id}`))).toMatchObject({ id, status: "fulfilled", email });
    const { rows } = await visitor.ok(visitor.get("/api/library"));
    expect(rows).toMatchObject([{ orderId: id, key: expect.stringContaining("SECRET-KEY") }]);
    expect((await shop.client().get(link.slice(0, -1))).status).toBe(404);
  }
  const { body, headers } = await elsewhere.get(`/dev/mailbox/${encodeURIComponent(receipt!.id)}`);
  expect(headers.get("content-security-policy")).toContain("default-src 'none'");
  expect(body).toContain("A &#38;#60;b&#38;#62;key");
  expect(body).not.toContain("<b>key");
});

test("a forgotten password is set anew by the mailed link, and every browser is out", async () => {
  await open();
  const email = "bob@example.com";
  const [phone, desk] = [shop.client(), shop.client()];
  await phone.signUp("Bob", email);
  const firefox = { "user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0" };
  await desk.ok(desk.post("/api/auth/signin", { email, password: "a long password" }, firefox));
  const { rows } = await desk.ok(desk.get("/api/auth/sessions"));
  expect(rows.map(({ device, current }: { device: string; current: boolean }) => [device, current])).toEqual([
    ["Firefox on Linux", true],
    ["Unknown device", false],
  ]);
  const [, other] = rows as { id: string }[];
  expect((await desk.ask(`/api/auth/sessions/${other!.id}`, { method: "DELETE" })).status).toBe(204);
  expect((await desk.ok(desk.get("/api/auth/sessions"))).rows).toHaveLength(1);

  for (const address of [email, "nobody@example.com"])
    expect((await shop.client().post("/api/auth/reset", { email: address })).status).toBe(202);
  const token = linked((await arrived(email))[0]!.text, "reset");
  const stranger = shop.client();
  const set = (given: string) => stranger.post(`/api/auth/reset/${given}`, { password: "another password" });
  expect((await set(`${token}x`)).body.type).toBe("LINK_EXPIRED");
  expect((await set(token)).status).toBe(204);
  expect((await set(token)).status).toBe(403);
  expect(await arrived("nobody@example.com", 0)).toEqual([]);
  const refresh = desk.cookie.split("; ").find((cookie) => cookie.startsWith("refresh="))!;
  const renewed = await stranger.ask("/api/auth/me", { headers: { cookie: refresh } });
  expect(renewed.body).toEqual({ user: null });
  const signedIn = await shop.client().post("/api/auth/signin", { email, password: "another password" });
  expect(signedIn.body.user.name).toBe("Bob");
});

test("killed while the mail server is away, the shop sends the letter when both are back, once", async () => {
  await open({ SMTP_URL: smtp.url, MAIL_FROM: "Holdfast <shop@shop.example>" });
  expect((await shop.client().get("/dev/mailbox")).status).toBe(404);
  smtp.answers = { RCPT: null };
  await guestBuys("guest@example.com");
  await eventually(
    async () => shop.output,
    (output) => /Letter order:\w+:receipt is tried again/.test(output),
  );
  await shop.crash();
  smtp.answers = {};
  shop = await shop.restart();
  await eventually(
    async () => smtp.letters,
    (letters) => letters.some(({ to }) => to === "guest@example.com"),
    20_000,
  );
  shop = await shop.restart();
  await guestBuys("second@example.com");
  await eventually(
    async () => smtp.letters,
    (letters) => letters.some(({ to }) => to === "second@example.com"),
  );
  expect(smtp.letters.filter(({ to }) => to === "guest@example.com")).toHaveLength(1);
  expect(smtp.letters[0]!.headers.get("from")).toBe("Holdfast <shop@shop.example>");
  expect(smtp.letters[0]!.raw).not.toContain("SECRET-KEY");
}, 60_000);
