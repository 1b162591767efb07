import { join } from "node:path";
import { mongo, nats, redis, type Recipe } from "./recipes.ts";
import { LocalServer, reachable } from "./servers.ts";
import { build } from "./standin.ts";
import type { ClusterPlan } from "./plan.ts";
import type { Terminal } from "./terminal.ts";

/** Where a server listens when its URL does not say. */
const PORTS: Record<string, number> = { nats: 4222, tls: 4222, redis: 6379, rediss: 6379, mongodb: 27_017 };

/** NATS, Redis and MongoDB: those that were given, and those that are started here and kept running. */
export class Backing {
  readonly started: LocalServer[] = [];
  readonly #terminal: Terminal;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** Starts what is missing, and answers where all of them are, by the names of the variables. */
  async start({ config, missing, building }: ClusterPlan, dir: string): Promise<Record<string, string>> {
    if (building) {
      this.#terminal.say(mongo.title, "building a stand-in for MongoDB (once, a minute) …");
      build();
    }
    const urls = [nats, redis, mongo].map(async (recipe) => {
      const given = config[recipe.variable as "NATS_URL" | "REDIS_URL" | "MONGO_URL"];
      return [
        recipe.variable,
        missing.includes(recipe) ? await this.#own(recipe, dir) : await this.#given(recipe, given!),
      ];
    });
    return Object.fromEntries(await Promise.all(urls)) as Record<string, string>;
  }

  /** Gently, so that they write what they have. */
  async stop(): Promise<void> {
    await Promise.all(this.started.map((server) => server.stop()));
  }

  async #own(recipe: Recipe, dir: string): Promise<string> {
    const { title } = recipe;
    const server = await LocalServer.start(recipe, { dir: join(dir, title.toLowerCase()) });
    this.started.push(server);
    server.keep({
      died: (how, pause) => this.#terminal.warn(title, `died (${how}), starts again in ${pause} ms`),
      revived: () =>
        this.#terminal.say(title, `is back: ${server.url} · pid ${server.pid} · restarts ${server.restarts}`),
    });
    this.#terminal.say(title, `${server.url}${server.remark ? `: ${server.remark}` : ""}`);
    return server.url;
  }

  /** One that cannot be reached is waited for by the services. */
  async #given({ title }: Recipe, url: string): Promise<string> {
    // Of several hosts the first stands for all; a name of a service has none before it is looked up.
    const { protocol, hostname, port, host } = new URL(url.replace(/,[^/?]*/, ""));
    const scheme = protocol.slice(0, -1);
    const found = !PORTS[scheme] || (await reachable(hostname, Number(port || PORTS[scheme])));
    if (found) this.#terminal.say(title, `given: ${scheme}://${host}`);
    else this.#terminal.warn(title, `given, but nobody answers at ${scheme}://${host}: the services wait for it`);
    return url;
  }
}
