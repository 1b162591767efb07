import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { isBuilt, standIn } from "./standin.ts";

/** A server of the cluster: the variable that gives it by URL, and how to start one that is found on this machine. */
export interface Recipe {
  title: string;
  /** What names one that runs already. */
  variable: string;
  /** How it is started here, or why it cannot be. */
  find(): Plan | string;
}

export interface Plan {
  url(port: string): string;
  /** `lasting`: what it is told must outlive its process. */
  command(port: string, dir: string, lasting: boolean): string[];
  env?: Record<string, string>;
  /** What to tell people of it. */
  remark?: string;
}

/** Servers started here are for this machine alone. */
export const HERE = "127.0.0.1";

export const nats: Recipe = {
  title: "NATS",
  variable: "NATS_URL",
  find: () =>
    program("nats-server")
      ? {
          url: (port) => `nats://${HERE}:${port}`,
          command: (port, dir) => ["nats-server", "-js", "--addr", HERE, "--port", port, "--store_dir", dir],
        }
      : "no nats-server",
};

export const redis: Recipe = {
  title: "Redis",
  variable: "REDIS_URL",
  find: () =>
    program("redis-server")
      ? {
          url: (port) => `redis://${HERE}:${port}`,
          command: (port, dir) => [
            ...["redis-server", "--bind", HERE, "--port", port, "--dir", dir],
            ...["--appendonly", "yes", "--save", ""],
          ],
        }
      : "no redis-server",
};

export const mongo: Recipe = {
  title: "MongoDB",
  variable: "MONGO_URL",
  find() {
    const url = (port: string) => `mongodb://${HERE}:${port}`;
    if (program("mongod")) {
      const command = ["mongod", "--quiet", "--bind_ip", HERE, "--nounixsocket"];
      return { url, command: (port, dir) => [...command, "--port", port, "--dbpath", dir] };
    }
    if (!program("java")) return "neither a mongod, nor Java for its stand-in";
    if (!isBuilt()) return "no mongod, and its stand-in is not built: node cluster/servers.ts install";
    return {
      url,
      command: standIn,
      remark: "a stand-in, since there is no mongod: it scans instead of using indexes, so do not judge speed by it",
    };
  },
};

export const s3: Recipe = {
  title: "S3",
  variable: "S3_URL",
  find: () =>
    program("versitygw")
      ? {
          url: (port) => `http://holdfast:holdfast-secret@${HERE}:${port}/holdfast`,
          command: (port, dir) => ["versitygw", "--quiet", "--port", `${HERE}:${port}`, "posix", dir],
          env: { ROOT_ACCESS_KEY: "holdfast", ROOT_SECRET_KEY: "holdfast-secret" },
        }
      : "no versitygw",
};

/** Where a program lies on the path, or null. */
export function program(name: string): string | null {
  for (const folder of (process.env["PATH"] ?? "").split(delimiter)) {
    const file = join(folder, process.platform === "win32" ? `${name}.exe` : name);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // Not in this folder.
    }
  }
  return null;
}
