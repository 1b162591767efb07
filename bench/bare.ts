import { spawn } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { cpuPer, crowd, rounds } from "./meter.ts";
import { send, textOf } from "./person.ts";
import { once } from "node:events";

/** What a shop is made of at the least, to compare with: Node's own HTTP server, and nothing of ours. */
export interface Bare {
  pid: number;
  url: string;
  stop(): void;
}

/** `GET` answers with so many bytes of JSON; `POST` parses a body and answers with it. */
export async function startBare(bytes: number): Promise<Bare> {
  const child = spawn(process.execPath, [import.meta.filename, String(bytes)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = (await once(child.stdout.setEncoding("utf8"), "data")) as [string];
  return { pid: child.pid!, url: `http://127.0.0.1:${line.trim()}`, stop: () => void child.kill() };
}

/** The CPU time of a POST with a small body, ms. */
export async function barePost(atATime: number): Promise<number> {
  const { pid, url, stop } = await startBare(0);
  const body = JSON.stringify({ lines: [{ itemId: "x".repeat(26), quantity: 1 }] });
  const post = async () => void (await textOf(await send(url, { method: "POST", body })));
  await crowd(3000, atATime, post);
  return rounds(5, () => cpuPer(pid, 2000, () => crowd(2000, atATime, post))).finally(stop);
}

function serve(bytes: number): void {
  const text = JSON.stringify({ text: "x".repeat(bytes) });
  const server = createServer((req, res) => {
    if (req.method === "GET") return void res.writeHead(200, { "content-type": "application/json" }).end(text);
    let body = "";
    req.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
    req.on("end", () =>
      res.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(JSON.parse(body))),
    );
  });
  server.listen(0, "127.0.0.1", () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
}

if (import.meta.main) serve(Number(process.argv[2]));
