import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { setTimeout as sleep } from "node:timers/promises";
import type { Page } from "@playwright/test";
import type { Client } from "../client.ts";
import { skipped } from "../servers.ts";
import { Shop } from "../shop.ts";
import { eventually } from "../till.ts";
import { executablePath, open, press, reads, sees, standing, Visitors } from "./visitors.ts";

if (!executablePath) skipped("moments at the counter", "neither CHROMIUM_PATH nor a Chromium");

/** A hold that is long enough to be looked at and short enough to be waited for, s. */
const HOLD_SECONDS = 25;
const HOUR = 3_600_000;
/** How far a countdown may be from the truth: it shows whole seconds, and the page takes a moment to draw one. */
const WRONG_BY = 2;
/** Slow 3G, as the developer's tools have it: bytes a second, and ms. */
const SLOW_3G = { offline: false, downloadThroughput: 50_000, uploadThroughput: 50_000, latency: 400 };

(executablePath ? describe : describe.skip)("moments at the counter", () => {
  let shop: Shop;
  let visitors: Visitors;
  let maker: Client;
  let pages: Page[];

  beforeAll(async () => {
    shop = await Shop.start({ env: { HOLD_SECONDS: String(HOLD_SECONDS) } });
    visitors = await Visitors.of(shop.url);
    maker = await shop.client().signUp("Maka");
  }, 60_000);
  afterAll(async () => {
    await visitors?.close();
    await shop?.stop();
  }, 60_000);
  beforeEach(() => {
    pages = [];
  });
  afterEach(async () => {
    for (const page of pages) await page.context().close();
    expect(visitors.heard()).toEqual([]);
  });

  async function visitor(options?: Parameters<Visitors["visitor"]>[0]): Promise<Page> {
    const page = await visitors.visitor(options);
    pages.push(page);
    return page;
  }
  const asGuest = async (page: Page) => {
    await press(page, "Buy now");
    await page.getByRole("dialog").getByLabel("E-mail").fill("guest@example.com");
    await press(page, "Continue as a guest");
  };
  const orderOf = (page: Page) => new URL(page.url()).pathname.split("/").at(-1)!;
  const secondsShown = async (page: Page): Promise<number> => {
    const [minutes, seconds] = (await page.getByRole("timer").innerText()).split(":").map(Number);
    return minutes! * 60 + seconds!;
  };
  /** How long the hold goes on, by the server's own clock, s. */
  async function secondsLeft(page: Page): Promise<number> {
    const order = await (await page.request.get(`/api/orders/${orderOf(page)}`)).json();
    return (Date.parse(order.expiresAt) - Date.parse(order.now)) / 1000;
  }
  const isRight = async (page: Page) => Math.abs((await secondsShown(page)) - (await secondsLeft(page))) <= WRONG_BY;

  test("two browsers race for the last copy: one holds it, the other hears so, and nobody is charged twice", async () => {
    const { id } = await maker.sell({ kind: "unique", title: "The only one" });
    const racers = [await visitor(), await visitor()];
    for (const page of racers) {
      await open(page, `/p/${id}`);
      await press(page, "Buy now");
      await page
        .getByRole("dialog")
        .getByLabel("E-mail")
        .fill(`racer${racers.indexOf(page)}@example.com`);
    }
    await Promise.all(racers.map((page) => press(page, "Continue as a guest")));
    const ends = await Promise.all(
      racers.map((page) =>
        Promise.race([
          page.waitForURL("**/checkout/**").then(() => "holds it"),
          page
            .getByText("Someone took the last one a moment ago")
            .waitFor()
            .then(() => "hears so"),
        ]),
      ),
    );
    expect(ends.sort()).toEqual(["hears so", "holds it"]);
    // The refusal is no fault of the page: the browser notes it all the same.
    visitors.complaints = visitors.complaints.filter((line) => !line.includes("409"));
  }, 60_000);

  test("the countdown tells the truth after a reload, after sleep, and on a clock that is an hour wrong", async () => {
    const { id } = await maker.sell({ stock: 5 });
    const page = await visitor();
    await page.clock.install({ time: Date.now() + HOUR });
    await page.clock.resume();
    await open(page, `/p/${id}`);
    await asGuest(page);
    await page.waitForURL("**/checkout/**");
    await eventually(() => isRight(page), Boolean);
    await page.reload();
    await standing(page);
    await eventually(() => isRight(page), Boolean);
    const devtools = await page.context().newCDPSession(page);
    await devtools.send("Page.setWebLifecycleState", { state: "frozen" });
    await sleep(3000);
    await devtools.send("Page.setWebLifecycleState", { state: "active" });
    await eventually(() => isRight(page), Boolean);
  }, 90_000);

  test("a hold that lapses says on the page that nothing was charged, and the copy is back in the shop", async () => {
    const { id } = await maker.sell({ stock: 1, title: "Let go" });
    const page = await visitor();
    const other = await visitor();
    await open(page, `/p/${id}`);
    await asGuest(page);
    await page.waitForURL("**/checkout/**");
    await open(other, `/p/${id}`);
    await reads(other, /held/);
    await page
      .getByText("Nothing was charged")
      .first()
      .waitFor({ timeout: (HOLD_SECONDS + 15) * 1000 });
    await other.getByText("1 left").first().waitFor();
  }, 90_000);

  test("offline the page says so and keeps what it shows; back online it catches up", async () => {
    const { id } = await maker.sell({ stock: 4, title: "Seen from a train" });
    const page = await visitor();
    await open(page, `/p/${id}`);
    await reads(page, "4 left");
    await page.context().setOffline(true);
    await reads(page, "You are offline");
    const other = await shop.client().signUp();
    await other.ok(other.buy(id));
    await reads(page, "4 left");
    await page.context().setOffline(false);
    await page.getByText("3 left").first().waitFor();
    await page.getByText("You are offline").waitFor({ state: "detached" });
    // A request that could not be made is noted by the browser.
    visitors.complaints = visitors.complaints.filter((line) => !line.includes("ERR_INTERNET_DISCONNECTED"));
  }, 60_000);

  test("back and forward between the shop and a checkout lead where they say", async () => {
    const { id } = await maker.sell({ stock: 5, title: "There and back" });
    const page = await visitor();
    await open(page, "/");
    await open(page, `/p/${id}`);
    await asGuest(page);
    await page.waitForURL("**/checkout/**");
    const checkout = page.url();
    await page.goBack();
    await sees(page, "There and back");
    // The button is not still busy from before.
    await page.getByRole("button", { name: "Buy now" }).first().isEnabled();
    await page.goBack();
    await page.waitForURL((url) => url.pathname === "/");
    await page.goForward();
    await sees(page, "There and back");
    await page.goForward();
    await page.waitForURL(checkout);
    await sees(page, "Checkout");
  }, 60_000);

  test("on slow 3G an item is there to be read and bought", async () => {
    const { id } = await maker.sell({ stock: 5, title: "Far from everything" });
    const page = await visitor();
    const devtools = await page.context().newCDPSession(page);
    await devtools.send("Network.enable");
    await devtools.send("Network.emulateNetworkConditions", SLOW_3G);
    await open(page, `/p/${id}`);
    await asGuest(page);
    await page.waitForURL("**/checkout/**");
    await sees(page, "Checkout");
    expect(await secondsShown(page)).toBeGreaterThan(0);
  }, 90_000);

  test("the keyboard alone finds, buys and pays", async () => {
    await maker.sell({ stock: 5, title: "By keys alone" });
    const page = await visitor();
    await open(page, "/");
    await page.keyboard.press("/");
    await page.keyboard.type("keys alone");
    await page.keyboard.press("Enter");
    await page.waitForURL(/q=keys/);
    await reach(page, "link", /By keys alone/);
    await page.keyboard.press("Enter");
    await sees(page, "By keys alone");
    await reach(page, "button", /Buy now/);
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").waitFor();
    await reach(page, "textbox", /E-mail/);
    await page.keyboard.type("keys@example.com");
    await page.keyboard.press("Enter");
    await page.waitForURL("**/checkout/**");
    await standing(page);
    await reach(page, "button", /^Pay €/);
    await page.keyboard.press("Enter");
    await sees(page, "It is yours");
  }, 90_000);
});

/** Tabs on, as somebody without a mouse does, until the focus is there. */
async function reach(page: Page, role: "link" | "button" | "textbox", name: RegExp): Promise<void> {
  const MOST_STEPS = 80;
  const there = page.getByRole(role, { name }).first();
  for (let step = 0; step < MOST_STEPS; step++) {
    if (await there.evaluate((element) => element === element.ownerDocument.activeElement)) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`No way to ${role} ${name} by the keyboard`);
}
