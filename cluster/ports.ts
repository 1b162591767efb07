import { createServer } from "node:net";

/**
 * From here to there no system takes ports for outgoing connections. One of those must not get the port of a process
 * that died while it is away: it could not come back.
 */
const FIRST = 10_240;
const COUNT = 19_000;
const given = new Set<number>();

/** A port that nobody listens on, and that is given once. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * COUNT);
    if (given.has(port) || (await obstacle(port))) continue;
    given.add(port);
    return port;
  }
}

/** Why nobody can listen on a port; undefined when one can. */
export async function obstacle(port: number): Promise<string | undefined> {
  const server = createServer();
  try {
    // On all addresses, as the processes do.
    await new Promise<void>((resolve, reject) => server.once("error", reject).listen(port, resolve));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code === "EADDRINUSE" ? `PORT ${port} is already in use` : `PORT ${port} cannot be used: ${message}`;
  }
  await new Promise((resolve) => server.close(resolve));
  return undefined;
}
