import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Cluster } from "../cluster/cluster.ts";
import { freePort, LocalServer, mongo, nats, redis, type Recipe } from "../cluster/servers.ts";
import type { Worker } from "../cluster/worker.ts";
import { Client } from "./client.ts";

/** What processes on one MongoDB have to agree on. */
const SECRETS = { JWT_SECRET: "a secret that only tests know, 32+", DATA_KEY: "00".repeat(32) };

export interface TestClusterOptions {
  /** Two of each service by default. */
  replicas?: number;
  /** The services of each process, comma-separated; each has one of its own by default. */
  groups?: string[];
  env?: Record<string, string>;
}

/** The whole shop as processes, on servers of its own that a test may hurt. */
export class TestCluster {
  readonly nats: LocalServer;
  readonly redis: LocalServer;
  readonly mongo: LocalServer;
  readonly cluster: Cluster;
  /** What each process wrote, by name. */
  readonly output: Map<string, string>;
  readonly #dir: string;

  private constructor(servers: LocalServer[], cluster: Cluster, output: Map<string, string>, dir: string) {
    [this.nats, this.redis, this.mongo] = servers as [LocalServer, LocalServer, LocalServer];
    this.cluster = cluster;
    this.output = output;
    this.#dir = dir;
  }

  /** Why it cannot be had here; undefined when it can. */
  static missing(): string | undefined {
    const reasons = [nats, redis, mongo].map((recipe) => recipe.find()).filter((found) => typeof found === "string");
    return reasons.join(", ") || undefined;
  }

  /** Resolves when every process is ready. */
  static async start({ replicas = 2, groups, env = {} }: TestClusterOptions = {}): Promise<TestCluster> {
    const dir = mkdtempSync(join(tmpdir(), "holdfast-cluster-"));
    const launch = (recipe: Recipe) => LocalServer.start(recipe, { dir: join(dir, recipe.title) });
    const servers = await Promise.all([nats, redis, mongo].map(launch));
    const [natsServer, redisServer, mongoServer] = servers as [LocalServer, LocalServer, LocalServer];
    const output = new Map<string, string>();
    const write = ({ name }: Worker, line: string) => output.set(name, `${output.get(name) ?? ""}${line}\n`);
    const cluster = await Cluster.start({
      replicas,
      groups,
      port: await freePort(),
      env: {
        ...SECRETS,
        DATA_DIR: join(dir, "data"),
        NATS_URL: natsServer.url,
        REDIS_URL: redisServer.url,
        MONGO_URL: mongoServer.url,
        LOGLEVEL: "warn",
        RATE_LIMIT: "off",
        DEMO_SHOP: "off",
        ...env,
      },
      listener: {
        said: write,
        died: (worker, how, pause) => write(worker, `died (${how}), again in ${pause} ms`),
      },
    });
    const shop = new TestCluster(servers, cluster, output, dir);
    try {
      await cluster.ready();
    } catch (error) {
      await shop.stop();
      throw error;
    }
    return shop;
  }

  /** The address of a gateway, by its number from 0. */
  url(gateway = 0): string {
    return this.cluster.of("api")[gateway]!.url;
  }

  /** The addresses of all gateways. */
  get urls(): string[] {
    return this.cluster.of("api").map(({ url }) => url);
  }

  client(gateway = 0): Client {
    return new Client(this.url(gateway));
  }

  /** Somebody who asks each gateway in its turn, as through a load balancer. */
  visitor(): Client {
    return new Client(...this.urls);
  }

  async stop(): Promise<void> {
    await this.cluster.stop();
    await Promise.all([this.nats, this.redis, this.mongo].map((server) => server.stop()));
    rmSync(this.#dir, { recursive: true, force: true });
  }
}
