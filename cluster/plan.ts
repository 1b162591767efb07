import { ConfigError, readConfig, type Config } from "../core/config.ts";
import { freePort, obstacle } from "./ports.ts";
import { mongo, nats, program, redis, type Recipe } from "./recipes.ts";
import { isBuilt } from "./standin.ts";

type Environment = Record<string, string | undefined>;

/** One machine carries no more, and nobody learns more from it. */
const MOST_REPLICAS = 16;
const LAST_PORT = 65_535;

export interface ClusterPlan {
  config: Config;
  replicas: number;
  /** The first gateway's. */
  port: number;
  /** Servers that nobody gave by URL: they are started here. */
  missing: Recipe[];
  /** The stand-in for MongoDB is wanted, and has to be built first. */
  building: boolean;
}

/** Judges everything before anything is started or touched. Throws a ConfigError that says what is wrong. */
export async function planOf(env: Environment): Promise<ClusterPlan> {
  const config = judged(env);
  const replicas = Number(env["REPLICAS"] || 1);
  if (!Number.isInteger(replicas) || replicas < 1 || replicas > MOST_REPLICAS)
    throw new ConfigError(`REPLICAS should be a whole number from 1 to ${MOST_REPLICAS}`);
  const port = config.PORT || (await freePort());
  await judgePorts(port, replicas);
  const missing = [nats, redis, mongo].filter(({ variable }) => !env[variable]);
  const building = missing.includes(mongo) && canBuild();
  judgeServers(missing.filter((recipe) => recipe !== mongo || !building));
  return { config, replicas, port, missing, building };
}

function judged(env: Environment): Config {
  if (env["NODE_ENV"] === "production") return readConfig(env);
  // Processes on one MongoDB must be given both keys. Here they are, later: what is judged is the rest.
  const keys = { JWT_SECRET: env["JWT_SECRET"] || "-".repeat(32), DATA_KEY: env["DATA_KEY"] || "0".repeat(64) };
  const config = readConfig({ ...env, ...keys });
  return { ...config, JWT_SECRET: env["JWT_SECRET"] || undefined, DATA_KEY: env["DATA_KEY"] || undefined };
}

async function judgePorts(port: number, replicas: number): Promise<void> {
  const last = port + replicas - 1;
  if (last > LAST_PORT) throw new ConfigError(`PORT ${port} leaves no ports for ${replicas} gateways`);
  for (let each = port; each <= last; each++) {
    const reason = await obstacle(each);
    if (reason) throw new ConfigError(each === port ? reason : `${reason}: it is for gateway ${each - port + 1}`);
  }
}

const canBuild = () =>
  !program("mongod") && !isBuilt() && ["java", "javac", "mvn"].every((name) => program(name) !== null);

function judgeServers(recipes: Recipe[]): void {
  const reasons = recipes.map((recipe) => recipe.find()).filter((found) => typeof found === "string");
  if (reasons.length === 0) return;
  throw new ConfigError(`The cluster needs NATS, Redis and MongoDB, and here is ${reasons.join("; ")}.
Put the programs on the PATH, or run all three in Docker and say where they are:
  docker compose up -d
  export NATS_URL=nats://127.0.0.1:4222
  export REDIS_URL=redis://127.0.0.1:6379
  export MONGO_URL=mongodb://127.0.0.1:27017`);
}
