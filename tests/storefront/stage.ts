import { randomBytes } from "node:crypto";
import type { Page } from "@playwright/test";
import { Client } from "../client.ts";
import { Shop } from "../shop.ts";
import type { Visitors } from "./visitors.ts";

export type Role = "stranger" | "buyer" | "seller" | "admin";

/** A page as somebody sees it. Public ones are for search engines too. */
export interface Scene {
  name: string;
  path: string;
  as: Role;
  isPublic?: true;
}

const ADMIN = "admin@example.com";
const DESCRIPTION = `Twelve **field recordings** from the tide line: kelp, shingle, a bell buoy in fog.

## What you get
- 48 kHz WAV, edited and named
- a cue sheet as plain text

> Recorded in one winter, on one beach.`;

/** A shop in the middle of its day: the demo catalogue, somebody's sales in every state, and people who belong there. */
export class Stage {
  readonly shop: Shop;
  readonly scenes: Scene[];
  readonly #people: Record<Role, Client>;

  private constructor(shop: Shop, people: Record<Role, Client>, scenes: Scene[]) {
    this.shop = shop;
    this.#people = people;
    this.scenes = scenes;
  }

  static async set(env: Record<string, string> = {}): Promise<Stage> {
    const shop = await Shop.start({ env: { DEMO_SHOP: "on", ADMIN_EMAIL: ADMIN, ...env } });
    const [buyer, seller, admin] = [
      await shop.client().signUp("Noor Haddad", "noor@example.com"),
      await shop.client().signUp("Ada Lindqvist", "ada@example.com"),
      await shop.client().signUp("Admin", ADMIN),
    ];
    const people = { stranger: shop.client(), buyer, seller, admin };
    return new Stage(shop, people, await furnish(people));
  }

  /** Gives a browser the cookies of somebody who signed in. */
  async enter(page: Page, role: Role): Promise<void> {
    const pairs = this.#people[role].cookie.split("; ").filter(Boolean);
    const cookies = pairs.map((pair) => ({
      name: pair.slice(0, pair.indexOf("=")),
      value: pair.slice(pair.indexOf("=") + 1),
      url: this.shop.url,
    }));
    if (cookies.length) await page.context().addCookies(cookies);
  }

  async visitor(visitors: Visitors, role: Role, options: Parameters<Visitors["visitor"]>[0] = {}): Promise<Page> {
    const page = await visitors.visitor(options);
    await this.enter(page, role);
    return page;
  }

  stop = () => this.shop.stop();
}

/** Items of every kind with orders in every state, and the pages on which they are seen. */
async function furnish({ stranger, buyer, seller }: Record<Role, Client>): Promise<Scene[]> {
  const list = (title: string, more: object) => seller.sell({ title, ...more });
  const album = await list("Tidal Room", { kind: "unlimited", price: 1400 });
  const print = await list("Low Water, a numbered print", { stock: 12, price: 4500 });
  const keys = await list("Bell Buoy, an audio plug-in", {
    kind: "keys",
    keys: Array.from({ length: 9 }, () => `BELL-${randomBytes(6).toString("hex").toUpperCase()}`),
    price: 2900,
  });
  const single = await list("The only score", { kind: "unique", price: 25_000 });
  for (const { id } of [album, print])
    await seller.ok(seller.ask(`/api/items/${id}`, { method: "PATCH", body: { description: DESCRIPTION } }));
  const draft = await seller.ok(
    seller.post("/api/items", {
      title: "Unfinished shanties",
      description: "",
      price: { amount: 900, currency: "eur" },
      kind: "unlimited",
    }),
  );
  const bought = async (itemId: string, quantity = 1) => {
    const { id } = await buyer.ok(buyer.buy(itemId, quantity));
    await buyer.ok(buyer.pay(id));
    await buyer.reaches(id, ["fulfilled"]);
    return id as string;
  };
  const [order] = [await bought(print.id, 2), await bought(album.id), await bought(keys.id)];
  const refunded = await bought(keys.id);
  await seller.ok(seller.post(`/api/orders/${refunded}/refund`, { reason: "Bought twice" }));
  const cancelled = await buyer.ok(buyer.buy(print.id));
  await buyer.ok(buyer.post(`/api/orders/${cancelled.id}/cancel`));
  const { id: held } = await buyer.ok(buyer.buy(print.id, 3));
  await stranger.ok(stranger.order([{ itemId: single.id, quantity: 1 }], { email: "guest@example.com" }));
  const { rows } = await buyer.ok(buyer.get("/api/library"));
  const copyOf = (itemId: string) => rows.find((row: { itemId: string }) => row.itemId === itemId).id as string;
  const { id: sellerId } = (await seller.ok(seller.get("/api/auth/me"))).user;

  const open = (name: string, path: string): Scene => ({ name, path, as: "stranger", isPublic: true });
  const own = (as: Role, name: string, path: string): Scene => ({ name, path, as });
  return [
    open("home", "/"),
    open("search", "/search?q=font"),
    open("search-nothing", "/search?q=zzzzzz"),
    open("item", `/p/${print.id}`),
    open("item-held", `/p/${single.id}`),
    open("seller", `/s/${sellerId}`),
    ...["imprint", "terms", "privacy", "refunds"].map((doc) => open(`legal-${doc}`, `/legal/${doc}`)),
    own("stranger", "nowhere", "/nowhere"),
    own("stranger", "login", "/login"),
    own("stranger", "register", "/register"),
    own("stranger", "reset", "/reset"),
    own("stranger", "find", "/find"),
    own("stranger", "basket-empty", "/basket"),
    own("buyer", "checkout", `/checkout/${held}`),
    own("buyer", "order", `/orders/${order}`),
    own("buyer", "order-refunded", `/orders/${refunded}`),
    own("buyer", "order-cancelled", `/orders/${cancelled.id}`),
    own("buyer", "orders", "/orders"),
    own("buyer", "library", "/library"),
    own("buyer", "copy-print", `/library/${copyOf(print.id)}`),
    own("buyer", "copy-key", `/library/${copyOf(keys.id)}`),
    own("buyer", "account", "/account"),
    own("buyer", "sessions", "/account/sessions"),
    own("buyer", "wishlist", "/wishlist"),
    own("seller", "studio", "/sell"),
    own("seller", "studio-new", "/sell/new"),
    own("seller", "studio-item", `/sell/items/${print.id}`),
    own("seller", "studio-keys", `/sell/items/${keys.id}`),
    own("seller", "studio-draft", `/sell/items/${draft.id}`),
    own("admin", "admin", "/admin"),
    own("admin", "admin-orders", "/admin/orders"),
    own("admin", "admin-order", `/admin/orders/${order}`),
    own("admin", "admin-dead", "/admin/dead"),
    own("admin", "admin-audit", "/admin/audit"),
  ];
}
