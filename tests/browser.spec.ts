import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, type Browser, type Page } from "@playwright/test";
import { readConfig } from "../core/config.ts";
import { loadSecrets } from "../core/secrets.ts";
import { sandboxKeys } from "../services/sandbox/keys.ts";
import type { Client } from "./client.ts";
import { chromium as installed, skipped } from "./servers.ts";
import { Shop } from "./shop.ts";
import { eventually } from "./till.ts";

/** A browser that asks nobody but the shop. */
const FLAGS =
  "--no-sandbox --disable-gpu --no-first-run --disable-background-networking --disable-quic --disable-component-update --disable-sync";
const BUILT = join(import.meta.dirname, "..", "frontend", ".output", "server", "index.mjs");
const WITHIN = 20_000;
const PHONE = { width: 320, height: 640 };
const DESK = { width: 1280, height: 900 };
/** Nothing in it to break at, as in names of files or words that people made up. */
const LONG = "Donaudampfschifffahrtselektrizitaetenhauptbetriebswerkbauunterbeamtengesellschaft";
const ALBUM = { filename: "album.bin", bytes: randomBytes(70_000) };
const KEYS = ["KELP-0001-AAAA", "KELP-0002-BBBB"];

const executablePath = installed();
if (!executablePath) skipped("the storefront in a browser", "neither CHROMIUM_PATH nor a Chromium");

(executablePath ? describe : describe.skip)("the storefront in a browser", () => {
  let shop: Shop;
  let browser: Browser;
  let folder: string;
  let seller: Page;
  let buyer: Page;
  /** What a person would see go wrong in the developer's tools, on any page of any test. */
  let complaints: string[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "holdfast-"));
    if (!existsSync(BUILT)) throw new Error("The storefront is not built; `npm test` builds it first");
    shop = await Shop.start();
    browser = await chromium.launch({ executablePath: executablePath!, args: FLAGS.split(" ") });
    [seller, buyer] = [await visitor(), await visitor()];
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await shop?.stop();
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);
  afterEach(() => {
    const heard = complaints;
    complaints = [];
    expect(heard).toEqual([]);
  });

  /** Somebody new, with a browser that has never been here. */
  async function visitor(): Promise<Page> {
    const context = await browser.newContext({ baseURL: shop.url, viewport: DESK, acceptDownloads: true });
    context.setDefaultTimeout(WITHIN);
    const page = await context.newPage();
    page.on("pageerror", (error) => complaints.push(`${page.url()}: ${error.stack}`));
    page.on("console", (message) => {
      // A browser notes every refusal as an error of the network; a declined card is one that belongs.
      const declined = message.text().includes("402") && message.location().url.endsWith("/confirm");
      if (message.type() === "error" && !declined)
        complaints.push(`${page.url()}: ${message.text()} (${message.location().url})`);
    });
    return page;
  }

  /** Opens an address as one who types it in, and waits until the page listens. */
  async function open(page: Page, path: string): Promise<void> {
    await page.goto(path);
    await page.waitForFunction(() => {
      const { useNuxtApp } = globalThis as { useNuxtApp?: () => { isHydrating?: boolean } };
      return useNuxtApp?.().isHydrating === false;
    });
  }
  const press = (page: Page, name: string | RegExp) => page.getByRole("button", { name }).click();
  const follow = (page: Page, name: string | RegExp) => page.getByRole("link", { name }).first().click();
  const sees = (page: Page, name: string | RegExp) => page.getByRole("heading", { name }).first().waitFor();
  const reads = (page: Page, text: string | RegExp) => page.getByText(text).first().waitFor();

  async function signUp(page: Page, name: string): Promise<void> {
    await open(page, "/");
    await follow(page, "Sign in");
    await follow(page, "Create an account");
    await page.getByLabel("Name").fill(name);
    await enter(page, name, "Create account");
  }
  async function enter(page: Page, name: string, button: string): Promise<void> {
    await page.getByLabel("E-mail").fill(`${name.toLowerCase()}@example.com`);
    await page.getByLabel("Password").fill("a long password");
    await press(page, button);
    await page.getByLabel("Account", { exact: true }).waitFor();
  }

  async function draft(page: Page, title: string, kind: RegExp, price: string): Promise<void> {
    await follow(page, "Sell");
    await follow(page, "New item");
    await page.getByLabel("Title").fill(title);
    await page.getByLabel("Description").fill("Made **by hand**.");
    await page.getByRole("radio", { name: kind }).check();
    await page.getByLabel("Price in euros").fill(price);
    await press(page, "Create draft");
    await sees(page, title);
  }
  async function publish(page: Page): Promise<void> {
    await press(page, "Publish");
    await page.getByRole("link", { name: "See it in the shop" }).waitFor();
  }

  async function buy(page: Page, title: string): Promise<void> {
    await open(page, "/");
    await follow(page, title);
    await sees(page, title);
    await press(page, "Buy now");
  }
  async function pay(page: Page, card: RegExp): Promise<void> {
    await page.getByRole("radio", { name: card }).check();
    await press(page, /^Pay €/);
  }
  const bought = (page: Page) => sees(page, "It is yours");

  async function webhooksTake(delayMs: number): Promise<void> {
    const { secretKey } = sandboxKeys(loadSecrets(readConfig({ DATA_DIR: shop.dir })));
    const headers = { authorization: `Bearer ${secretKey}` };
    const faults = { method: "PUT", body: { webhooks: { delayMs } }, headers };
    expect((await shop.client().ask("/v1/test/faults", faults)).status).toBe(200);
  }

  test("a seller signs up, uploads, pastes keys, publishes, and leaves", async () => {
    await signUp(seller, "Sella");
    await draft(seller, "An album of waves", /^Download/, "12.50");
    const file = join(folder, ALBUM.filename);
    writeFileSync(file, ALBUM.bytes);
    await seller.getByLabel("Upload files").setInputFiles(file);
    await seller.getByRole("list", { name: "Uploaded files" }).getByText(ALBUM.filename).waitFor();
    await publish(seller);

    await draft(seller, "Kelp, the plugin", /^Licence key/, "20");
    await seller.getByLabel("Paste keys, one a line").fill(KEYS.join("\n"));
    await press(seller, "Add 2 keys");
    await reads(seller, "2 added.");
    await publish(seller);

    await seller.getByLabel("Account", { exact: true }).click();
    await press(seller, "Sign out");
    await seller.getByRole("link", { name: "Sign in" }).waitFor();
  }, 120_000);

  test("a declined card keeps the hold, another one pays, and the file is the file", async () => {
    await signUp(buyer, "Buya");
    await buy(buyer, "An album of waves");
    await reads(buyer, "TEST MODE");
    await pay(buyer, /declined/);
    await buyer.getByRole("alert").getByText("Nothing was charged, and your hold goes on.").waitFor();
    expect(await buyer.getByRole("timer").innerText()).toMatch(/^1\d:\d\d$/);
    // The order tells of the first card, while nobody has told it of the second one yet.
    const order = `/api/orders/${new URL(buyer.url()).pathname.split("/").at(-1)}`;
    const read = async () => (await buyer.request.get(order)).json();
    await eventually(read, ({ paymentError }) => paymentError !== null);
    await webhooksTake(2500);
    await pay(buyer, /succeeds/);
    await sees(buyer, "Confirming your payment");
    await bought(buyer);
    await webhooksTake(0);
    const [download] = await Promise.all([buyer.waitForEvent("download"), follow(buyer, /Download.*album\.bin/)]);
    expect(download.suggestedFilename()).toBe(ALBUM.filename);
    expect(readFileSync(await download.path()).equals(ALBUM.bytes)).toBe(true);
  }, 120_000);

  test("a key is shown to its buyer, then and in the library", async () => {
    await buy(buyer, "Kelp, the plugin");
    await pay(buyer, /succeeds/);
    await bought(buyer);
    const key = await buyer.getByRole("code").innerText();
    expect(KEYS).toContain(key);
    await follow(buyer, "Library");
    await sees(buyer, "An album of waves");
    await follow(buyer, "Kelp, the plugin");
    await buyer.getByRole("code").getByText(key).waitFor();
  }, 120_000);

  describe("with an edition of three", () => {
    let maker: Client;
    let item: { id: string };
    beforeAll(async () => {
      maker = await shop.client().signUp("Maka");
      item = await maker.sell({ stock: 3, title: LONG });
    });
    const stock = (page: Page) => page.getByRole("region", { name: "Buy" }).locator("[data-test=stock]");

    test("what others hold and let go shows at once, without a reload", async () => {
      await open(buyer, `/p/${item.id}`);
      await stock(buyer).getByText("3 left").waitFor();
      await buyer.evaluate(() => Object.assign(globalThis, { sameDocument: true }));
      const other = await shop.client().signUp();
      const { id } = await other.ok(other.buy(item.id));
      await stock(buyer).getByText("2 left").waitFor();
      await other.ok(other.post(`/api/orders/${id}/cancel`));
      await stock(buyer).getByText("3 left").waitFor();
      expect(await buyer.evaluate(() => "sameDocument" in globalThis)).toBe(true);
    }, 60_000);

    test("a guest buys with an e-mail, says yes at their bank, and gets a numbered copy", async () => {
      const guest = await visitor();
      await buy(guest, LONG);
      await guest.getByRole("dialog").getByLabel("E-mail").fill("guest@example.com");
      await press(guest, "Continue as a guest");
      await pay(guest, /3-D Secure/);
      await press(guest, "Complete authentication");
      await bought(guest);
      await reads(guest, "A receipt goes to guest@example.com.");
      expect(await guest.locator("[data-test=serial]").innerText()).toMatch(/#[123]$/);
      await guest.context().close();
    }, 120_000);

    test("nothing is wider than a small phone", async () => {
      const fits = async (page: Page, path: string, heading: string) => {
        await page.setViewportSize(PHONE);
        await open(page, path);
        await sees(page, heading);
        const wide = await page.evaluate("document.documentElement.scrollWidth - document.body.offsetWidth");
        expect([path, wide]).toEqual([path, 0]);
      };
      const stays = (page: Page, heading: string) => fits(page, new URL(page.url()).pathname, heading);
      await fits(buyer, "/", "Digital goods");
      await fits(buyer, `/p/${item.id}`, LONG);
      await press(buyer, "Buy now");
      await sees(buyer, "Checkout");
      await stays(buyer, "Checkout");
      await pay(buyer, /succeeds/);
      await bought(buyer);
      await fits(buyer, "/library", "Library");
      await fits(buyer, "/orders", "Orders");
      await fits(seller, "/login", "Sign in");
      await enter(seller, "Sella", "Sign in");
      await fits(seller, "/sell/new", "New item");
      await fits(seller, "/sell", "Your items");
      await follow(seller, "Kelp, the plugin");
      await sees(seller, "Kelp, the plugin");
      await stays(seller, "Kelp, the plugin");
    }, 120_000);
  });
});
