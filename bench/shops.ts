import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../cluster/servers.ts";
import { Shop } from "../tests/shop.ts";
import { newItem } from "../services/items/item.ts";
import { newUnit } from "../services/inventory/unit.machine.ts";
import { send, textOf } from "./person.ts";

/** Given, and not made by each: the keys of the provider follow from them, and two processes have to hold the same. */
const KEYS = { JWT_SECRET: "a secret of benchmarks, 32 or more", DATA_KEY: "b4".repeat(32) };

/** Starts a shop for the time of `use`, and ends it whatever happens. */
export async function withShop<T>(use: (shop: Shop) => Promise<T>, options: Parameters<typeof Shop.start>[0] = {}) {
  const shop = await Shop.start({ ...options, env: { ...KEYS, ...options.env } });
  const kill = endWithUs(shop);
  try {
    return await use(shop);
  } finally {
    process.off("exit", kill);
    await shop.stop();
  }
}

/** A run that takes too long ends at once, and its shops with it. */
function endWithUs({ pid }: Shop): () => void {
  const kill = () => void process.kill(pid, "SIGKILL");
  process.once("exit", kill);
  return kill;
}

/** A shop whose payment provider, the sandbox, is a process of its own, as Stripe is; each knows the other's address. */
export async function withProviderApart<T>(use: (shop: Shop) => Promise<T>): Promise<T> {
  const [port, providerPort] = [String(await freePort()), String(await freePort())];
  const env = { ...KEYS, PORT: providerPort, API_URL: `http://127.0.0.1:${port}` };
  // It never says that it is ready, since it never sees the services of the shop.
  const provider = await Shop.start({ env, services: "api,sandbox" }, { ready: false });
  const kill = endWithUs(provider);
  try {
    await alive(provider.url);
    return await withShop(use, { env: { PORT: port, STRIPE_API: provider.url } });
  } finally {
    process.off("exit", kill);
    await provider.stop();
  }
}

async function alive(url: string): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    const response = await send(`${url}/live`).catch(() => undefined);
    if (response) return void (await textOf(response));
    await sleep(50);
  }
  throw new Error(`${url} does not answer`);
}

/** A data folder with so many published items of one copy each, for the time of `use`. */
export async function withCatalogue<T>(count: number, use: (dir: string) => Promise<T>): Promise<T> {
  const dir = mkdtempSync(join(tmpdir(), "holdfast-bench-"));
  const at = Date.now() - 86_400_000;
  const items = Array.from({ length: count }, (_, n) => ({
    ...newItem(
      {
        title: `Thing number ${n}`,
        description: "One of many things, described in a line or two, as most things in a shop are.",
        price: { amount: 500 + (n % 97) * 100 },
        kind: "unique",
      },
      `thing-${n}`,
      { id: "a-seller", name: "Sella" },
      at + n,
    ),
    state: "published",
    publishedAt: at + n,
    v: 1,
  }));
  write(join(dir, "items.db"), items);
  write(
    join(dir, "units.db"),
    items.map(({ _id }) => newUnit(_id, 1)),
  );
  try {
    return await use(dir);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

const write = (file: string, docs: object[]) =>
  writeFileSync(file, docs.map((doc) => `${JSON.stringify(doc)}\n`).join(""));
