// Preloaded once while the image is built: the shop starts, serves a page and stops, and so leaves what was compiled in
// NODE_COMPILE_CACHE, where a container with a read-only file system finds it.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** A shop that is not ready by then will not be, ms. */
const READY_WITHIN = 60_000;
const POLL = 50;

const data = mkdtempSync(join(tmpdir(), "holdfast-"));
process.on("exit", () => rmSync(data, { recursive: true, force: true }));
// They are gone with the folder.
Object.assign(process.env, {
  DATA_DIR: data,
  DATA_KEY: "0".repeat(64),
  JWT_SECRET: "0".repeat(64),
  DEMO_SHOP: "on",
});

async function warm() {
  const shop = `http://127.0.0.1:${process.env.PORT || 3000}`;
  const ready = () =>
    fetch(`${shop}/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  for (const end = Date.now() + READY_WITHIN; !(await ready()); await sleep(POLL))
    if (Date.now() > end) throw new Error("The shop did not start");
  const page = await fetch(shop, { headers: { accept: "text/html" } });
  if (!page.ok) throw new Error(`The storefront answered ${page.status}`);
  // One process needs no NATS, MongoDB or Redis, but their clients are compiled all the same.
  const { dependencies } = JSON.parse(readFileSync("package.json", "utf8"));
  for (const name of Object.keys(dependencies)) await import(name);
  process.kill(process.pid, "SIGTERM");
}

warm().catch((error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exit(1);
});
