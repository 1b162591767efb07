import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import type { LocalServer } from "./servers.ts";
import type { Terminal } from "./terminal.ts";
import type { Worker } from "./worker.ts";

/** Who is not ready is named so often, with the reason, ms. */
const SLOW = 20_000;
const POLL = 200;

/** Who is ready, who is not and why, and what they need: told when it changes. */
export class Board {
  readonly #terminal: Terminal;
  readonly #servers: readonly LocalServer[];
  readonly #workers: readonly Worker[];
  /** Workers whose return is waited for. */
  readonly #away = new Set<Worker>();
  #closed = false;

  constructor(terminal: Terminal, servers: readonly LocalServer[], workers: readonly Worker[]) {
    this.#terminal = terminal;
    this.#servers = servers;
    this.#workers = workers;
  }

  /** Says nothing more. */
  close(): void {
    this.#closed = true;
  }

  /** Resolves when all are ready at once, or with false when it was closed; until then it names those that are not. */
  async ready(): Promise<boolean> {
    for (let told = Date.now(), said = ""; !this.#closed; await sleep(POLL)) {
      const obstacles = await Promise.all(this.#workers.map((worker) => worker.obstacle()));
      if (obstacles.every((obstacle) => obstacle === undefined)) return !this.#closed;
      if (Date.now() - told < SLOW) continue;
      told = Date.now();
      const words = this.#grouped(obstacles);
      if (words !== said && !this.#closed) this.#terminal.warn("cluster", (said = words));
    }
    return false;
  }

  /** One line for each reason, with all who give it. */
  #grouped(obstacles: (string | undefined)[]): string {
    const byReason = new Map<string, string[]>();
    this.#workers.forEach(({ name }, at) => {
      const reason = obstacles[at];
      if (reason !== undefined) byReason.set(reason, [...(byReason.get(reason) ?? []), name]);
    });
    return [...byReason].map(([reason, names]) => `not ready: ${names.join(", ")} (${reason})`).join("\n");
  }

  /** A process died and is started again: says when it is back, or why it is not. */
  async awaits(worker: Worker): Promise<void> {
    if (this.#away.has(worker)) return;
    this.#away.add(worker);
    const since = Date.now();
    for (let told = since; !this.#closed; await sleep(POLL)) {
      const obstacle = await worker.obstacle();
      if (this.#closed) break;
      if (obstacle === undefined) {
        await this.#back(worker, since);
        break;
      }
      if (Date.now() - told < SLOW) continue;
      told = Date.now();
      this.#terminal.warn(worker.name, `not ready: ${obstacle}`);
    }
    this.#away.delete(worker);
  }

  async #back(worker: Worker, since: number): Promise<void> {
    const { name, url, pid, restarts } = worker;
    const size = await resident(pid);
    const seconds = ((Date.now() - since) / 1000).toFixed(1);
    this.#terminal.say(name, `is back after ${seconds} s: ${url} · pid ${pid} · ${size} MB · restarts ${restarts}`);
  }

  /** Every process with its address, readiness, process id, resident memory and restarts. */
  async table(): Promise<void> {
    const servers = this.#servers.map((server) => ({ ...row(server), name: server.title, ready: "yes" }));
    const obstacles = await Promise.all(this.#workers.map((worker) => worker.obstacle()));
    const workers = this.#workers.map((worker, at) => {
      return { ...row(worker), name: worker.name, ready: obstacles[at] ?? "yes" };
    });
    const rows = [...servers, ...workers];
    const sizes = await Promise.all(rows.map(({ pid }) => resident(pid)));
    this.#terminal.table("cluster", [
      ["process", "address", "ready", "pid", "MB", "restarts"],
      ...rows.map(({ name, url, ready, pid, restarts }, at) => {
        return [name, url, ready, String(pid ?? "-"), sizes[at]!, String(restarts)];
      }),
    ]);
  }
}

const row = ({ url, pid, restarts }: LocalServer | Worker) => ({ url, pid, restarts });

/** Resident memory in MB, as text. Linux tells it in a file, other systems by `ps`; where neither does, nobody knows. */
async function resident(pid: number | undefined): Promise<string> {
  if (pid === undefined) return "-";
  const kilobytes = await readFile(`/proc/${pid}/status`, "utf8").then(
    (status) => /VmRSS:\s+(\d+)/.exec(status)?.[1],
    () =>
      promisify(execFile)("ps", ["-o", "rss=", "-p", String(pid)]).then(
        ({ stdout }) => stdout.trim(),
        () => "",
      ),
  );
  return kilobytes ? String(Math.round(Number(kilobytes) / 1024)) : "-";
}
