import { beforeAll, expect, test } from "@jest/globals";
import { fail } from "../../core/errors.ts";
import { deviceOf } from "./device.ts";
import { ada, at, cookiesOf, gateway, order, type Gateway } from "./harness.ts";

const letter = {
  id: "order:o1:receipt",
  to: "<ada>@example.com",
  subject: 'A "<script>alert(1)</script>" of yours',
  text: "Hello <b>\nhttps://shop.example/open/o1/abc",
  at: at(0),
};
const html = `<p class="x">It's <b>here</b></p>`;
const headers = [{ name: "Message-ID", value: "<1@shop>" }];

let shop: Gateway;
let kept: (typeof letter)[] | null;
beforeAll(async () => {
  kept = [letter];
  shop = await gateway({
    orders: { get: ({ params }) => order(params.id) },
    auth: { me: () => ({ user: null }), signout: () => null },
    mail: {
      mailbox() {
        if (!kept) throw fail("NOT_FOUND");
        return { rows: kept };
      },
      letter({ params }) {
        if (params.id !== letter.id) throw fail("NOT_FOUND");
        return { ...letter, html, headers };
      },
    },
  });
});

test("a guest's mailed link keeps the order's key and goes to the order", async () => {
  const [, key] = shop.token("o1").split(".");
  const answer = await shop.ask("GET", `/open/o1/${key}`);
  expect([answer.status, answer.headers["location"]]).toEqual([303, "/orders/o1"]);
  expect(answer.headers).toMatchObject({ "referrer-policy": "no-referrer", "cache-control": "no-store" });
  const [cookie] = cookiesOf(answer);
  expect(cookie).toMatch(new RegExp(`^order_o1=${shop.token("o1")}; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax`));
  await shop.ask("GET", "/api/orders/o1", { headers: { cookie: cookie!.split(";")[0]! } });
  expect(shop.seen["orders.get"]!.meta.guestOrders).toEqual(["o1"]);
});

test.each([
  ["another order's key", (key: string) => `/open/o2/${key}`],
  ["a key of one digit more", (key: string) => `/open/o1/${key}0`],
  ["no key", () => "/open/o1/x"],
  ["a name that everything has", () => "/open/constructor/__proto__"],
])("%s opens nothing, and is told to no other page", async (_, path) => {
  const [, key] = shop.token("o1").split(".");
  const answer = await shop.ask("GET", path(key!));
  expect([answer.status, cookiesOf(answer)]).toEqual([404, []]);
  expect(answer.headers["referrer-policy"]).toBe("no-referrer");
});

test("the developers' mailbox shows letters without running anything", async () => {
  const list = await shop.ask("GET", "/dev/mailbox");
  expect(list.headers["content-type"]).toBe("text/html; charset=utf-8");
  expect(list.text).toContain(`href="/dev/mailbox/${encodeURIComponent(letter.id)}"`);
  const one = await shop.ask("GET", `/dev/mailbox/${encodeURIComponent(letter.id)}`);
  expect(shop.seen["mail.letter"]!.params).toEqual({ id: letter.id });
  for (const { status, text, headers: sent } of [list, one]) {
    expect(status).toBe(200);
    expect(text).not.toMatch(/<script|<b>/);
    expect(sent["content-security-policy"]).toMatch(/^default-src 'none'/);
    expect(sent["referrer-policy"]).toBe("no-referrer");
  }
  expect(one.text).toContain('srcdoc="&#60;p class=&#34;x&#34;&#62;It&#39;s');
  expect(one.text).toMatch(/<iframe [^>]*sandbox="(?![^"]*allow-(scripts|same-origin))/);
  expect(one.text).toContain("&#60;1@shop&#62;");
  expect((await shop.ask("GET", "/dev/mailbox.json")).json).toEqual({ rows: [letter] });
  expect((await shop.ask("GET", "/dev/mailbox/other")).status).toBe(404);
  kept = [];
  expect((await shop.ask("GET", "/dev/mailbox")).text).toContain("Nothing yet");
  kept = null;
  for (const path of ["/dev/mailbox", "/dev/mailbox.json"]) expect((await shop.ask("GET", path)).status).toBe(404);
});

test("services are told what the visitor reads; accounts alone, in what browser", async () => {
  const asked = async (sent: Record<string, string>) => {
    await shop.ask("GET", "/api/orders/o1", { headers: { "user-agent": "curl/8", ...sent } });
    return shop.seen["orders.get"]!.meta;
  };
  expect((await asked({ "accept-language": "fr, de-AT;q=0.8, en;q=0.5" })).lang).toBe("de");
  expect((await asked({ cookie: "lang=en", "accept-language": "de" })).lang).toBe("en");
  const { lang, device } = await asked({ "accept-language": "fr" });
  expect([lang, device]).toEqual([undefined, undefined]);
  await shop.ask("GET", "/api/auth/me", { headers: { cookie: shop.session(ada), "user-agent": "curl/8" } });
  expect(shop.seen["auth.me"]!.meta.device).toBe("curl");
});

test.each([
  ["Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"],
  [
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
    "Safari on iPhone",
  ],
  [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0",
    "Edge on Windows",
  ],
  [
    "Mozilla/5.0 (Linux; Android 15; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36",
    "Chrome on Android",
  ],
  [
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15",
    "Safari on macOS",
  ],
  ["curl/8.5.0", "curl"],
  ["node", undefined],
  [undefined, undefined],
])("%s is %s", (userAgent, device) => {
  expect(deviceOf(userAgent)).toBe(device);
});
