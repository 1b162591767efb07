import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { ConfigError } from "./config.ts";
import { lockFolder } from "./lock.ts";

let dir: string;
const children: ChildProcess[] = [];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "holdfast-"));
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  rmSync(dir, { recursive: true, force: true });
});

/** Another process that tries to lock the folder and says how that went. */
async function rival(folder: string): Promise<{ says: string; child: ChildProcess }> {
  const script = `
    import { lockFolder } from ${JSON.stringify(join(import.meta.dirname, "lock.ts"))};
    await lockFolder(process.argv[1]).then(() => console.log("locked"), (error) => console.log(error.message));
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["--input-type=module-typescript", "-e", script, folder], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.push(child);
  const [says] = (await once(child.stdout!, "data")) as [Buffer];
  return { says: says.toString().trim(), child };
}

/** What a killed process leaves: a socket that nobody listens on. */
async function deadSocket(path: string): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(path, resolve));
  renameSync(path, `${path}.kept`);
  await new Promise((resolve) => server.close(resolve));
  renameSync(`${path}.kept`, path);
}

test("a second process is refused in words that name the folder, and let in when the first lets go", async () => {
  const release = await lockFolder(dir);
  const error = await lockFolder(dir).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(ConfigError);
  expect((error as Error).message).toContain(`DATA_DIR ${dir} is in use`);
  expect((await rival(dir)).says).toContain(`DATA_DIR ${dir} is in use`);
  await release();
  expect((await rival(dir)).says).toBe("locked");
});

test("the lock of a process that was killed is nobody's, at once", async () => {
  const { says, child } = await rival(dir);
  expect(says).toBe("locked");
  await expect(lockFolder(dir)).rejects.toThrow(ConfigError);
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(readdirSync(dir)).toEqual(["lock.1.sock"]);
  const release = await lockFolder(dir);
  await expect(lockFolder(dir)).rejects.toThrow(ConfigError);
  await release();
});

test("of many that find a dead lock at the same time one gets it", async () => {
  for (let round = 0; round < 20; round++) {
    const folder = join(dir, String(round));
    mkdirSync(folder);
    await deadSocket(join(folder, "lock.1.sock"));
    // A few milliseconds apart, each comes upon another moment of the others' takeover.
    const rivals = Array.from({ length: 20 }, (_, at) => sleep(at * 2).then(() => lockFolder(folder)));
    const tried = await Promise.allSettled(rivals);
    const locks = tried.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
    expect(locks).toHaveLength(1);
    await locks[0]!();
    expect(readdirSync(folder)).toEqual([]);
  }
});

test("a folder whose path is too long for a socket, and not made yet, is locked as well", async () => {
  const long = join(dir, "x".repeat(120));
  const release = await lockFolder(long);
  await expect(lockFolder(long)).rejects.toThrow(ConfigError);
  mkdirSync(join(dir, "other".repeat(30)));
  const other = await lockFolder(join(dir, "other".repeat(30)));
  await Promise.all([release(), other()]);
  await (
    await lockFolder(long)
  )();
});
