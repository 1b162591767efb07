import { spawn, type ChildProcess } from "node:child_process";

/** What runs and was started here. */
const living = new Set<ChildProcess>();

/** Whatever ends this process, an error included, leaves none of them behind. Nobody can answer kill -9, see `leash`. */
process.once("exit", () => {
  for (const child of living) child.kill("SIGKILL");
});

/** Kills it with this process. Resolves when it has ended, with how. */
export function adopt(child: ChildProcess): Promise<string> {
  living.add(child);
  return new Promise((resolve) => {
    const end = (how: string) => {
      living.delete(child);
      resolve(how);
    };
    child.once("error", (error) => end(error.message));
    // Closed, not merely ended: by then its last words have been read.
    child.once("close", (code, signal) => end(signal ?? `exit code ${code}`));
  });
}

/** A server outlives its owner for so long, s: the services may take 4.5 s to stop, and want it meanwhile. */
const GRACE = 6;

/**
 * Ends a foreign program after this process was killed: a shell waits for the end of its input, which comes however
 * this process dies. Windows has no such shell; there a server outlives a killed cluster.
 */
export function leash(child: ChildProcess): void {
  if (process.platform === "win32" || child.pid === undefined) return;
  const script = `read -r _; sleep ${GRACE}; kill "$0"`;
  const shell = spawn("sh", ["-c", script, String(child.pid)], { detached: true, stdio: ["pipe", "ignore", "ignore"] });
  void adopt(shell);
  child.once("exit", () => shell.kill("SIGKILL"));
}
