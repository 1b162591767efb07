import { readdirSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "./ports.ts";
import { Worker, type Listener } from "./worker.ts";

const SERVICES = join(import.meta.dirname, "..", "services");
/** The sandbox is the one writer of its journal, as Stripe is one; the demo fills the shop once. */
const ALONE = ["sandbox", "demo"];

export interface ClusterOptions {
  /** How many processes each service has. */
  replicas: number;
  /** The services of each process, comma-separated; each has one of its own by default. */
  groups?: string[] | undefined;
  /** The first gateway's port; its replicas take the next ones, everything else a free one. */
  port: number;
  /** What all of them have in their environment: the servers' URLs, the secrets. */
  env: Record<string, string>;
  listener: Listener;
}

/** Every service as processes of its own. */
export class Cluster {
  readonly workers: readonly Worker[];

  private constructor(workers: Worker[]) {
    this.workers = workers;
  }

  /** Starts all at once: each waits for those it needs. */
  static async start({ replicas, groups = roles(), port, env, listener }: ClusterOptions): Promise<Cluster> {
    const shared = { PUBLIC_URL: `http://localhost:${port}`, API_URL: `http://127.0.0.1:${port}`, ...env };
    const workers: Worker[] = [];
    for (const services of groups) {
      const [first = "", ...others] = services.split(",");
      const count = [first, ...others].every((service) => ALONE.includes(service)) ? 1 : replicas;
      for (let n = 1; n <= count; n++) {
        const plan = {
          name: count > 1 ? `${first}-${n}` : first,
          services,
          port: first === "api" ? port + n - 1 : await freePort(),
          env: { ...shared },
        };
        workers.push(new Worker(plan, listener));
      }
    }
    for (const worker of workers) worker.start();
    return new Cluster(workers);
  }

  /** The shop as people open it. */
  get url(): string {
    return `http://localhost:${new URL(this.of("api")[0]!.url).port}`;
  }

  /** The processes of a service. */
  of(services: string): Worker[] {
    return this.workers.filter((worker) => worker.services.split(",").includes(services));
  }

  /** Resolves when every process is ready. */
  async ready(ms = 90_000): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.answers(ms)));
  }

  /** The gateways first, so that what they have taken in can still be answered; then the others. */
  async stop(phase: (name: string) => void = () => {}): Promise<void> {
    const gateways = this.of("api");
    phase("gateways");
    await Promise.all(gateways.map((worker) => worker.stop()));
    phase("services");
    await Promise.all(this.workers.filter((worker) => !gateways.includes(worker)).map((worker) => worker.stop()));
  }
}

/** A folder under services/ is a role: one process runs what lies in it. */
export function roles(): string[] {
  return readdirSync(SERVICES, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && hasService(entry.name))
    .map(({ name }) => name)
    .sort((a, b) => Number(b === "api") - Number(a === "api") || a.localeCompare(b));
}

const hasService = (folder: string) => readdirSync(join(SERVICES, folder)).some((file) => file.endsWith(".service.ts"));
