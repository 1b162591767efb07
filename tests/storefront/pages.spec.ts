import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import AxeBuilder from "@axe-core/playwright";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "@playwright/test";
import { skipped } from "../servers.ts";
import { Stage, type Role, type Scene } from "./stage.ts";
import { DESK, executablePath, PHONE, standing, Visitors } from "./visitors.ts";

/** Where the pictures are left for a person to look at. */
const PICTURES = process.env["SCREENSHOTS"] ?? join(import.meta.dirname, "..", "..", ".screenshots");
const THEMES = ["light", "dark"] as const;
const SIZES = { phone: PHONE, desktop: DESK };
/** The narrowest screen that is promised a page without sideways scrolling, px. */
const NARROWEST = 320;
/** A layout shift that is 0.00 where such shifts are shown. */
const STILL = 0.005;

if (!executablePath) skipped("every page, looked at", "neither CHROMIUM_PATH nor a Chromium");

(executablePath ? describe : describe.skip)("every page", () => {
  let stage: Stage;
  let visitors: Visitors;
  const pages = new Map<Role, Page>();

  beforeAll(async () => {
    mkdirSync(PICTURES, { recursive: true });
    stage = await Stage.set();
    visitors = await Visitors.of(stage.shop.url);
    for (const role of ["stranger", "buyer", "seller", "admin"] as const)
      pages.set(role, await stage.visitor(visitors, role));
  }, 120_000);
  afterAll(async () => {
    await visitors?.close();
    await stage?.stop();
  }, 60_000);

  /** Loads a page from nothing, and waits until it stands. */
  async function visit({ path, as }: Scene): Promise<Page> {
    const page = pages.get(as)!;
    await page.goto(path);
    await standing(page);
    return page;
  }

  const everyScene = async (look: (scene: Scene, page: Page) => Promise<unknown>) => {
    const faults: unknown[] = [];
    for (const scene of stage.scenes) {
      const page = await visit(scene).catch((error: Error) => void faults.push([scene.name, error.message]));
      if (!page) continue;
      const fault = await look(scene, page);
      if (fault !== undefined) faults.push([scene.name, fault]);
      // A page that does not exist is answered with 404, which the browser notes.
      const heard = visitors.heard().filter((line) => scene.name !== "nowhere" || !line.includes("404"));
      if (heard.length) faults.push([scene.name, heard]);
    }
    return faults;
  };

  test("nothing is wider than a small phone, nothing moves by itself, nothing is asked of others", async () => {
    for (const page of pages.values()) await page.setViewportSize({ ...PHONE, width: NARROWEST });
    const faults = await everyScene(async (_, page) => {
      const wide = await page.evaluate<number>("document.documentElement.scrollWidth - document.body.offsetWidth");
      const moved = await page.evaluate<number>(SHIFTED);
      return wide > 0 || moved >= STILL ? { wide, moved } : undefined;
    });
    expect(faults).toEqual([]);
  }, 300_000);

  test.each(THEMES)(
    "axe finds nothing to say, and there is a picture to look at: %s",
    async (colorScheme) => {
      for (const page of pages.values()) await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      const faults = await everyScene(async (scene, page) => {
        const { violations } = await new AxeBuilder({ page }).analyze();
        for (const [size, viewport] of Object.entries(SIZES)) {
          await page.setViewportSize(viewport);
          await page.screenshot({ path: join(PICTURES, `${scene.name}-${size}-${colorScheme}.png`), fullPage: true });
        }
        const said = violations.map(
          ({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(" ")).join(", ")}`,
        );
        return said.length ? said : undefined;
      });
      expect(faults).toEqual([]);
    },
    600_000,
  );

  test("in German too: its words are there, and axe finds nothing", async () => {
    for (const page of pages.values()) {
      await page.emulateMedia({ colorScheme: "light" });
      await page.context().addCookies([{ name: "lang", value: "de", url: stage.shop.url }]);
    }
    const faults = await everyScene(async (scene, page) => {
      const language = await page.locator("html").getAttribute("lang");
      await page.screenshot({ path: join(PICTURES, `${scene.name}-german.png`), fullPage: true });
      const { violations } = await new AxeBuilder({ page }).analyze();
      const said = violations.map(({ id }) => id);
      return language !== "de" || said.length ? { language, said } : undefined;
    });
    expect(faults).toEqual([]);
  }, 600_000);
});

/** How much of the page moved under its reader, as Cumulative Layout Shift counts it. Runs in the page. */
const SHIFTED = `new Promise((resolve) => {
  let sum = 0;
  new PerformanceObserver((list) => {
    for (const { value, hadRecentInput } of list.getEntries()) if (!hadRecentInput) sum += value;
  }).observe({ type: "layout-shift", buffered: true });
  requestAnimationFrame(() => requestAnimationFrame(() => resolve(sum)));
})`;
