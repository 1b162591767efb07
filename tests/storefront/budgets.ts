import { gzipSync } from "node:zlib";
import { Stage, type Role } from "./stage.ts";
import { executablePath, standing, Visitors } from "./visitors.ts";

/** KB of 1000 bytes, as a page's first visit loads them, each file by gzip. */
const BUDGETS = {
  home: { script: 90, stylesheet: 8, document: 6 },
  search: { script: 90, stylesheet: 8, document: 6 },
  item: { script: 90, stylesheet: 8 },
  seller: { script: 90, stylesheet: 8, document: 6 },
  "legal-terms": { script: 90, stylesheet: 8 },
  checkout: { script: 95, stylesheet: 8 },
  studio: { script: 100, stylesheet: 8 },
  "studio-item": { script: 100, stylesheet: 8 },
} as const;

/** KB by kind of file, of somebody who has never been here. */
async function weigh(stage: Stage, visitors: Visitors, as: Role, path: string): Promise<Record<string, number>> {
  const page = await stage.visitor(visitors, as);
  const bodies = new Map<string, Promise<[kind: string, bytes: number]>>();
  page.on("response", (response) => {
    const kind = response.request().resourceType();
    if (!["script", "stylesheet", "document"].includes(kind)) return;
    const weighed = response.body().then((body): [string, number] => [kind, gzipSync(body, { level: 9 }).length]);
    bodies.set(response.url(), weighed);
  });
  await page.goto(path);
  await standing(page);
  const sums: Record<string, number> = { script: 0, stylesheet: 0, document: 0 };
  for (const [kind, bytes] of await Promise.all(bodies.values())) sums[kind]! += bytes / 1000;
  await page.context().close();
  return sums;
}

if (!executablePath) console.log("Skipped: neither CHROMIUM_PATH nor a Chromium");
else {
  const stage = await Stage.set();
  const visitors = await Visitors.of(stage.shop.url);
  try {
    for (const [name, budget] of Object.entries(BUDGETS)) {
      const { as, path } = stage.scenes.find((scene) => scene.name === name)!;
      const weight = await weigh(stage, visitors, as, path);
      for (const [kind, most] of Object.entries(budget)) {
        const figure = `${weight[kind]!.toFixed(1)} KB, at most ${most}`;
        console.log(`${weight[kind]! <= most ? "✓" : "✗"} ${name.padEnd(16)} ${kind.padEnd(12)} ${figure}`);
        if (weight[kind]! > most) process.exitCode = 1;
      }
    }
  } finally {
    await visitors.close();
    await stage.stop();
  }
}
