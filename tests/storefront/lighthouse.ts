import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { Stage, type Scene } from "./stage.ts";
import { executablePath } from "./visitors.ts";

// Run by itself and not by Jest: a machine that does something else meanwhile makes every page slow.

const LIGHTHOUSE = join(import.meta.dirname, "..", "..", "node_modules", "lighthouse", "cli", "index.js");
const PERFECT = ["accessibility", "best-practices", "seo"] as const;
/** The pages by which a shop is judged: the median of so many runs. */
const JUDGED = ["home", "item"];
const RUNS = 5;
const FAST = 90;
/** Of a single run, which noise may spoil. */
const FAST_ONCE = 85;

type Scores = Record<(typeof PERFECT)[number] | "performance", number>;

async function measure(url: string): Promise<{ scores: Scores; missed: string[] }> {
  const args = [
    LIGHTHOUSE,
    url,
    "--output=json",
    "--quiet",
    "--chrome-flags=--headless=new --no-sandbox --disable-gpu",
    `--only-categories=performance,${PERFECT.join(",")}`,
  ];
  const env = { ...process.env, CHROME_PATH: executablePath!, NODE_OPTIONS: "" };
  const { stdout } = await promisify(execFile)(process.execPath, args, { env, maxBuffer: 1e8 });
  const { categories, audits } = JSON.parse(stdout) as {
    categories: Record<keyof Scores, { score: number; auditRefs: { id: string; weight: number }[] }>;
    audits: Record<string, { score: number | null; title: string }>;
  };
  const missed = PERFECT.flatMap((name) =>
    categories[name].auditRefs
      .filter(({ id, weight }) => weight > 0 && (audits[id]!.score ?? 1) < 1)
      .map(({ id }) => id),
  );
  const entries = Object.entries(categories).map(([name, { score }]) => [name, Math.round(score * 100)]);
  return { scores: Object.fromEntries(entries) as Scores, missed };
}

const median = (numbers: number[]) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]!;

async function judge({ name, path }: Scene, origin: string): Promise<boolean> {
  const runs = JUDGED.includes(name) ? RUNS : 1;
  const all = [];
  for (let run = 0; run < runs; run++) all.push(await measure(origin + path));
  const performance = median(all.map(({ scores }) => scores.performance));
  const missed = [...new Set(all.flatMap((one) => one.missed))];
  const good = performance >= (runs > 1 ? FAST : FAST_ONCE) && !missed.length;
  const { accessibility, "best-practices": practices, seo } = all[0]!.scores;
  const figures = `performance ${performance}, accessibility ${accessibility}, best practices ${practices}, SEO ${seo}`;
  console.log(`${good ? "✓" : "✗"} ${name.padEnd(16)} ${figures}${missed.length ? `: ${missed.join(", ")}` : ""}`);
  return good;
}

if (!executablePath) console.log("Skipped: neither CHROMIUM_PATH nor a Chromium");
else {
  const stage = await Stage.set();
  try {
    const listed = stage.scenes.filter(({ isPublic, name }) => isPublic && !name.startsWith("search"));
    let failed = 0;
    for (const scene of listed) if (!(await judge(scene, stage.shop.url))) failed++;
    console.log(`${listed.length - failed} passed, ${failed} failed`);
    process.exitCode = failed ? 1 : 0;
  } finally {
    await stage.stop();
  }
}
