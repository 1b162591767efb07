import { mongo } from "./servers.ts";

/** One MongoDB for the whole run, where one can be had; every spec has a database of its own on it. */
export default async function setup() {
  if (process.env.MONGO_URL) return;
  const server = await mongo();
  if (!server) return;
  process.env.MONGO_URL = server.url;
  globalThis.stopMongo = server.stop;
}
