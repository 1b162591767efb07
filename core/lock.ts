import { createHash } from "node:crypto";
import { mkdir, readdir, realpath, rm } from "node:fs/promises";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ConfigError, unusable } from "./config.ts";

/** Linux takes 107 bytes for the path of a socket, macOS 103. */
const LONGEST_SOCKET_PATH = 103;
const LONGEST_ENDING = ".9999999.sock".length;
const NO_SOCKETS_HERE = new Set(["ENOTSUP", "EOPNOTSUPP", "EPERM", "EINVAL"]);
/** A socket that is being opened refuses for a moment; one whose owner is dead refuses for ever. */
const KNOCKS = 3;
const KNOCK_EVERY = 10;

type Release = () => Promise<void>;

/**
 * Only one process may use a data folder: two would overwrite each other's files. Throws a ConfigError that names the
 * folder when another one uses it, or nobody can; otherwise answers how to let go of it.
 *
 * The lock is a socket that its owner listens on. It ends with the process, however that dies: there is nothing to
 * wait for, and no process id that somebody else may have got by now.
 */
export async function lockFolder(dir: string): Promise<Release> {
  const release = await lock(dir).catch((error: unknown) => {
    throw unusable(dir, error);
  });
  if (release) return release;
  throw new ConfigError(`DATA_DIR ${dir} is in use by another process: stop that one, or give this one its own folder`);
}

async function lock(dir: string): Promise<Release | null> {
  await mkdir(dir, { recursive: true });
  const real = await realpath(dir);
  const id = createHash("sha256").update(real).digest("hex").slice(0, 32);
  return process.platform === "win32" ? lockPipe(id) : lockInside(real, id);
}

/** A pipe is gone with its owner: taken is in use. */
async function lockPipe(id: string): Promise<Release | null> {
  const server = await listen(`\\\\.\\pipe\\holdfast-${id}`);
  return server && (() => close(server));
}

/** In the folder, where all who share it see it; elsewhere when its path is too long, or its volume carries no sockets. */
async function lockInside(dir: string, id: string): Promise<Release | null> {
  const elsewhere = () => lockSocket(join(tmpdir(), `holdfast-${id}`));
  const inside = join(dir, "lock");
  if (Buffer.byteLength(inside) + LONGEST_ENDING > LONGEST_SOCKET_PATH) return elsewhere();
  return lockSocket(inside).catch((error: NodeJS.ErrnoException) => {
    if (NO_SOCKETS_HERE.has(error.code!)) return elsewhere();
    throw error;
  });
}

/**
 * A dead owner leaves its socket behind. To take the same name over would need a moment without a lock, in which two
 * could come in; so each owner takes the number after the highest. Two that come at once see each other by then.
 */
async function lockSocket(base: string): Promise<Release | null> {
  const path = (number: number) => `${base}.${number}.sock`;
  for (;;) {
    const before = await numbers(base);
    if ((await living(before.map(path))).length > 0) return null;
    const mine = Math.max(0, ...before) + 1;
    const server = await listen(path(mine));
    if (!server) continue;
    const others = (await numbers(base)).filter((number) => number !== mine);
    const alive = await living(others.map(path));
    if (alive.length === 0) {
      for (const number of others) await rm(path(number), { force: true });
      return () => close(server);
    }
    await close(server);
    // The lower number stays. A higher one is looked at again: it may be giving way at this very moment.
    if (others.some((number) => number < mine && alive.includes(path(number)))) return null;
  }
}

/** The numbers of the sockets there, of the living and of the dead. */
async function numbers(base: string): Promise<number[]> {
  const names = await readdir(join(base, ".."));
  return names.flatMap((name) => {
    const path = join(base, "..", name);
    const number = path.startsWith(`${base}.`) ? /^\.(\d+)\.sock$/.exec(path.slice(base.length))?.[1] : undefined;
    return number === undefined ? [] : [Number(number)];
  });
}

/** Null when the address is taken, by the living or by the dead. */
function listen(path: string): Promise<Server | null> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once("error", (error: NodeJS.ErrnoException) =>
      error.code === "EADDRINUSE" ? resolve(null) : reject(error),
    );
    server.listen(path, () => resolve(server.unref()));
  });
}

const close = (server: Server) => new Promise<void>((resolve) => server.close(() => resolve()));

async function living(paths: string[]): Promise<string[]> {
  const answered = await Promise.all(paths.map(answers));
  return paths.filter((_, at) => answered[at]);
}

async function answers(path: string): Promise<boolean> {
  for (let knock = 1; ; knock++) {
    const answered = await new Promise<boolean>((resolve) => {
      const socket = connect(path, () => resolve(true)).once("error", () => resolve(false));
      socket.once("connect", () => socket.destroy());
    });
    if (answered || knock === KNOCKS) return answered;
    await sleep(KNOCK_EVERY);
  }
}
