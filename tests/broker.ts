import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe } from "@jest/globals";
import { ServiceBroker, type ServiceSchema } from "moleculer";
import { brokerOptions } from "../core/broker.ts";
import { readConfig, type Config } from "../core/config.ts";
import { systemRuntime, type Runtime } from "../core/runtime.ts";
import { loadSecrets } from "../core/secrets.ts";
import { mongo, skipped, type Provider, type Server, databaseOf } from "./servers.ts";

type Env = Record<string, string | undefined>;

export interface TestBrokerOptions {
  /** Over the defaults of tests: no rate limits, and only errors are logged. */
  env?: Env;
  /** The data folder of an earlier test broker, to restart on its data or to run beside it. */
  dir?: string;
  runtime?: Runtime;
  services?: ServiceSchema[];
}

export interface TestBroker {
  broker: ServiceBroker;
  config: Config;
  dir: string;
  runtime: Runtime;
  /** Stops the broker, also one that failed to start; removes the data when the folder was made here. */
  stop(): Promise<void>;
}

/**
 * A broker as the shop runs it, not started yet, in a world of its own: the namespace and the name of the database
 * follow from the data folder, so that tests never meet, and brokers of one folder do.
 */
export function testBroker({
  env = {},
  dir,
  runtime = systemRuntime(),
  services = [],
}: TestBrokerOptions = {}): TestBroker {
  const folder = dir ?? mkdtempSync(join(tmpdir(), "holdfast-"));
  const world = basename(folder);
  const given = { ...env };
  if (given["MONGO_URL"]) given["MONGO_URL"] = databaseOf(given["MONGO_URL"], world);
  const config = readConfig({
    LOGLEVEL: "error",
    RATE_LIMIT: "off",
    PORT: "0",
    NAMESPACE: world,
    DATA_DIR: folder,
    JWT_SECRET: "a secret that only tests know, 32+",
    DATA_KEY: "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
    ...given,
  });
  const broker = new ServiceBroker({
    ...brokerOptions({ config, runtime, secrets: loadSecrets(config) }),
    nodeID: `${world}-${++brokers}`,
  });
  for (const service of services) broker.createService(service);
  let started: Promise<void> | undefined;
  const start = broker.start.bind(broker);
  broker.start = () => (started = start());
  const stop = async () => {
    if (started && !broker.stopping) await broker.stop();
    await started?.catch(() => {});
    if (dir) return;
    rmSync(folder, { recursive: true, force: true });
    if (config.MONGO_URL) await dropDatabase(config.MONGO_URL);
  };
  return { broker, config, dir: folder, runtime, stop };
}
let brokers = 0;

/**
 * Runs a block of tests on NeDB and on MongoDB. `env` is for `testBroker`, in `beforeAll` or in a test: the server
 * is not up before.
 */
export function onBothStores(name: string, body: (env: Env) => void): void {
  describe(`${name} on NeDB`, () => body({}));
  describeWith(mongo, `${name} on MongoDB`, (server) =>
    body({
      get MONGO_URL() {
        return server().url;
      },
    }),
  );
}

/** A block of tests that needs a server. Where it cannot be had the block is skipped, and the test run says so. */
export function describeWith(provider: Provider, name: string, body: (server: () => Server) => void): void {
  const reason = provider.missing();
  if (reason) {
    skipped(name, reason);
    describe.skip(`${name} (${reason})`, () => body(() => ({}) as Server));
    return;
  }
  describe(name, () => {
    let server: Server | null = null;
    beforeAll(async () => {
      server = await provider();
    });
    body(() => {
      if (!server) throw new Error(`${provider.title} is started in beforeAll: use it there or in a test`);
      return server;
    });
    // Jest runs these in the order they are written: the server goes after all that use it.
    afterAll(() => server?.stop());
  });
}

async function dropDatabase(url: string): Promise<void> {
  const { default: mongoose } = await import("mongoose");
  const connection = await mongoose.createConnection(url, { serverSelectionTimeoutMS: 5000 }).asPromise();
  await connection.dropDatabase();
  await connection.close();
}
