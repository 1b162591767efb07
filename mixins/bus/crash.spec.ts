import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Envelope } from "../../core/facts.ts";
import { describeWith } from "../../tests/broker.ts";
import { fact, listener, until } from "../../tests/bus.ts";
import { BusWorld } from "../../tests/bus.world.ts";
import { nats } from "../../tests/servers.ts";

const CHILD = new URL("../../tests/bus.child.ts", import.meta.url).pathname;
const STUCK = fact("1-0", 0).id;

function contract(env: () => Record<string, string | undefined>): void {
  let world: BusWorld;
  beforeEach(() => {
    world = new BusWorld(env());
  });
  afterEach(() => world.close());

  test("kill -9 in full work loses no published fact and no group's delivery", async () => {
    const EFFECTS = join(world.dir, "effects");
    const done = (who: string) => {
      const lines = existsSync(EFFECTS) ? readFileSync(EFFECTS, "utf8").split("\n") : [];
      return new Set(lines.filter((line) => line.startsWith(`${who} `)).map((line) => line.slice(who.length + 1)));
    };
    /** What the disk says that the group has acknowledged; a server keeps that to itself. */
    const acknowledged = () => {
      const file = join(world.dir, "bus", "cursors.json");
      return (
        env()["NATS_URL"] ||
        (existsSync(file) && JSON.parse(readFileSync(file, "utf8")).mail["order.paid"].position > 500)
      );
    };
    for (const round of ["1", "2", "3"]) {
      const before = done("ledger").size;
      const settings = { ...world.env, EFFECTS, ROUND: round, STUCK };
      const options = ["--disable-warning=ExperimentalWarning", CHILD];
      const child = spawn(process.execPath, options, { env: settings, stdio: ["ignore", "ignore", "inherit"] });
      const ended = new Promise((resolve) => child.once("exit", resolve));
      try {
        await until(() => child.exitCode !== null || (done("ledger").size > before + 600 && acknowledged()));
        expect(child.exitCode).toBeNull();
      } finally {
        child.kill("SIGKILL");
        await ended;
      }
    }
    const published = done("published");
    expect(published.size).toBeGreaterThan(1800);
    const got = { mail: done("mail"), ledger: done("ledger") };
    // A handler of each process had it, and never came to its end.
    expect(published).toContain(STUCK);
    expect(got.mail).not.toContain(STUCK);

    const handler =
      (name: "mail" | "ledger") =>
      async ({ id }: Envelope) =>
        void got[name].add(id);
    const rest = (["mail", "ledger"] as const).map((name) =>
      listener(name, { "order.paid": { handler: handler(name) } }),
    );
    await world.start(...rest);
    const missing = () => Object.values(got).flatMap((ids) => [...published.difference(ids)]);
    await until(() => !missing().length).catch(() => {});
    expect(missing()).toEqual([]);
  }, 90_000);
}

describe("crashes on the embedded log", () => contract(() => ({})));
describeWith(nats, "crashes on JetStream", (server) => contract(() => ({ NATS_URL: server().url })));
