import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Client } from "../client.ts";
import { skipped } from "../servers.ts";
import { Shop } from "../shop.ts";
import { executablePath, press, reads, sees, Visitors } from "./visitors.ts";

if (!executablePath) skipped("the shop in a browser that runs no scripts", "neither CHROMIUM_PATH nor a Chromium");

(executablePath ? describe : describe.skip)("the shop in a browser that runs no scripts", () => {
  let shop: Shop;
  let visitors: Visitors;
  let maker: Client;

  beforeAll(async () => {
    shop = await Shop.start();
    visitors = await Visitors.of(shop.url);
    maker = await shop.client().signUp("Maka");
  }, 60_000);
  afterAll(async () => {
    await visitors?.close();
    await shop?.stop();
  }, 60_000);

  test("a guest buys, is declined once, says yes at the bank, and has the key and the receipt", async () => {
    const { id } = await maker.sell({ kind: "keys", keys: ["KELP-1"], title: "Kelp, the plugin" });
    const page = await visitors.visitor({ javaScriptEnabled: false });
    await page.goto(`/p/${id}`);
    await press(page, "Buy now");
    await page.getByLabel("Your e-mail").fill("guest@example.com");
    await press(page, /^Hold it for me/);
    await sees(page, "Checkout");
    await page.getByRole("radio", { name: /declined/ }).check();
    await press(page, /^Pay €/);
    await reads(page, "Your card was declined.");
    await page.getByRole("radio", { name: /3-D Secure/ }).check();
    await press(page, /^Pay €/);
    await press(page, "Complete authentication");
    // The page asks for itself again until the goods are there.
    await sees(page, "It is yours");
    expect(page.url()).not.toContain("secret");
    expect(await page.getByRole("code").innerText()).toBe("KELP-1");
    await page.getByRole("link", { name: "Receipt" }).click();
    await reads(page, "guest@example.com");
    await page.context().close();
    expect(visitors.heard()).toEqual([]);
  }, 90_000);

  test("what needs a script says so, and offers nothing that does not work", async () => {
    const page = await visitors.visitor({ javaScriptEnabled: false });
    await page.goto("/basket");
    await reads(page, "The basket needs JavaScript.");
    await page.context().close();
  });
});
