import { existsSync } from "node:fs";
import { join } from "node:path";
import { chromium, type Browser, type BrowserContextOptions, type Page } from "@playwright/test";
import { chromium as installed } from "../servers.ts";

const BUILT = join(import.meta.dirname, "..", "..", "frontend", ".output", "server", "index.mjs");
/** A browser that asks nobody but the shop. */
const FLAGS =
  "--no-sandbox --disable-gpu --no-first-run --disable-background-networking --disable-quic --disable-component-update --disable-sync";
/** What a person waits for, ms. */
const WITHIN = 20_000;

export const PHONE = { width: 390, height: 844 };
export const DESK = { width: 1280, height: 900 };

export const executablePath = installed();

/** As much of a document as is looked at from here. */
interface Seen {
  images: Iterable<{ loading: string; complete: boolean }>;
  querySelector(selector: string): unknown;
}

/** People with browsers in front of one shop, and whatever they would see go wrong in the developer's tools. */
export class Visitors {
  /** Errors on the console, errors thrown, requests to somebody else, fonts fetched: on any page of anybody. */
  complaints: string[] = [];
  readonly #browser: Browser;
  readonly #url: string;

  private constructor(browser: Browser, url: string) {
    this.#browser = browser;
    this.#url = url;
  }

  static async of(url: string): Promise<Visitors> {
    if (!existsSync(BUILT)) throw new Error("The storefront is not built; `npm test` builds it first");
    return new Visitors(await chromium.launch({ executablePath: executablePath!, args: FLAGS.split(" ") }), url);
  }

  /** Somebody new, with a browser that has never been here. */
  async visitor(options: BrowserContextOptions = {}): Promise<Page> {
    const context = await this.#browser.newContext({
      baseURL: this.#url,
      viewport: DESK,
      locale: "en-IE",
      acceptDownloads: true,
      ...options,
    });
    context.setDefaultTimeout(WITHIN);
    const page = await context.newPage();
    this.#watch(page);
    return page;
  }

  /** What was heard since it was last asked. */
  heard(): string[] {
    const { complaints } = this;
    this.complaints = [];
    return complaints;
  }

  close = () => this.#browser.close();

  #watch(page: Page): void {
    const complain = (text: string) => this.complaints.push(`${page.url()}: ${text}`);
    page.on("pageerror", (error) => complain(error.stack ?? error.message));
    page.on("console", (message) => {
      // A browser notes every refusal as an error of the network; a declined card is one that belongs.
      const declined = message.text().includes("402") && message.location().url.endsWith("/confirm");
      if (message.type() === "error" && !declined) complain(`${message.text()} (${message.location().url})`);
    });
    page.on("request", (request) => {
      const { origin, protocol } = new URL(request.url());
      if (protocol !== "data:" && protocol !== "blob:" && origin !== this.#url) complain(`asked ${request.url()}`);
      if (request.resourceType() === "font") complain(`fetched a font: ${request.url()}`);
    });
  }
}

/** Opens an address as one who types it in, and waits until the page listens. */
export async function open(page: Page, path: string): Promise<void> {
  await page.goto(path);
  await listening(page);
}

async function listening(page: Page): Promise<void> {
  await page.waitForFunction(() => {
    const { useNuxtApp } = globalThis as { useNuxtApp?: () => { isHydrating?: boolean } };
    return useNuxtApp?.().isHydrating === false;
  });
}

/** Waits until nothing is on its way that a reader would see arrive: live streams never end, so the network says nothing. */
export async function standing(page: Page): Promise<void> {
  await listening(page);
  await page.waitForFunction(() => {
    const { document } = globalThis as unknown as { document: Seen };
    const images = [...document.images].filter(({ loading }) => loading !== "lazy");
    return !document.querySelector("[aria-busy=true]") && images.every(({ complete }) => complete);
  });
}

export const press = (page: Page, name: string | RegExp) => page.getByRole("button", { name }).first().click();
export const sees = (page: Page, name: string | RegExp) => page.getByRole("heading", { name }).first().waitFor();
export const reads = (page: Page, text: string | RegExp) => page.getByText(text).first().waitFor();
