import { appendFileSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as recipes from "../cluster/servers.ts";
import { LocalServer, program, type Recipe } from "../cluster/servers.ts";

/** A real server for specs: given by URL in the environment, found on this machine, or missing with a reason. */
export interface Server {
  url: string;
  /** Ends what was started here; a server that was given by URL is left alone. */
  stop(): Promise<void>;
}

/** Gives the server, or null when it cannot be had here. */
export interface Provider {
  (): Promise<Server | null>;
  title: string;
  /** Why the server cannot be had here; undefined when it can. */
  missing(): string | undefined;
}

export const mongo: Provider = provider(recipes.mongo);
export const nats: Provider = provider(recipes.nats);
export const redis: Provider = provider(recipes.redis);
export const s3: Provider = provider(recipes.s3);

export const stripeMock: Provider = provider({
  title: "stripe-mock",
  variable: "STRIPE_MOCK_URL",
  find: () =>
    program("stripe-mock")
      ? {
          url: (port) => `http://127.0.0.1:${port}`,
          command: (port) => ["stripe-mock", "-http-addr", `127.0.0.1:${port}`],
        }
      : "no stripe-mock",
});

/** The path of a Chromium for Playwright's `executablePath`, or null. */
export function chromium(): string | null {
  return process.env["CHROMIUM_PATH"] ?? program("chromium") ?? program("chromium-browser") ?? program("google-chrome");
}

/** Says in the last lines of the test run what was not tested here, and why: the runner shows the file that HOLDFAST_SKIPS names. */
export function skipped(name: string, reason: string): void {
  const list = process.env["HOLDFAST_SKIPS"];
  if (list) appendFileSync(list, `${name}: ${reason}\n`);
}

function provider(recipe: Recipe): Provider {
  const { title, variable } = recipe;
  const missing = () => {
    const found = recipe.find();
    return process.env[variable] || typeof found !== "string" ? undefined : `no ${variable} and ${found}`;
  };
  const start = async (): Promise<Server | null> => {
    const given = process.env[variable];
    if (given) return { url: given, stop: async () => {} };
    if (missing()) return null;
    const server = await LocalServer.start(recipe, {
      dir: mkdtempSync(join(tmpdir(), "holdfast-server-")),
      lasting: false,
    });
    const stop = async () => {
      await server.kill();
      server.wipe();
    };
    return { url: server.url, stop };
  };
  return Object.assign(start, { title, missing });
}

/** The same server, another database. */
export function databaseOf(url: string, name: string): string {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.href;
}
