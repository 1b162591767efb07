import { spawn } from "node:child_process";
import { once } from "node:events";
import { ServiceBroker, type BrokerOptions, type Middleware } from "moleculer";
import { Type } from "typebox";
import { brokerOptions } from "../core/broker.ts";
import { readConfig } from "../core/config.ts";
import { systemRuntime } from "../core/runtime.ts";
import { makeSecrets } from "../core/secrets.ts";
import { atMost, rounded, shown, type Claim } from "./claims.ts";
import { cpuOf, crowd, median } from "./meter.ts";

const AT_A_TIME = 32;
const WARM_UP = 5000;
const CALLS = 10_000;
const ROUNDS = 3;

/** What a call carries: an order's lines, as they go from orders to inventory. */
const LINES = [{ id: "1", item: "x".repeat(26), kind: "edition", quantity: 1, perBuyer: null }];
const params = Type.Object({
  order: Type.String(),
  lines: Type.Array(
    Type.Object({
      id: Type.String(),
      item: Type.String(),
      kind: Type.String(),
      quantity: Type.Integer(),
      perBuyer: Type.Union([Type.Integer(), Type.Null()]),
    }),
  ),
});

type Kind = "bare" | "ours";

/** The CPU of both ends of a call over NATS: a broker of the shop against Moleculer as it comes. */
export async function callsOverNats(url: string): Promise<Claim[]> {
  const bare = await perCall("bare", url);
  const ours = await perCall("ours", url);
  return [
    atMost("a call over NATS, CPU of both ends, against Moleculer's bare one", 2, "×", ours / bare),
    shown("the same in µs, and Moleculer's", `${rounded(ours * 1000)}, ${rounded(bare * 1000)}`),
  ];
}

async function perCall(kind: Kind, url: string): Promise<number> {
  const child = spawn(process.execPath, [import.meta.filename, kind, url], { stdio: ["pipe", "pipe", "inherit"] });
  await once(child.stdout, "data");
  const broker = brokerOf(kind, url);
  try {
    await broker.start();
    await broker.waitForServices("echo", 10_000);
    const call = () => broker.call("echo.answer", { order: "o".repeat(26), lines: LINES });
    await crowd(WARM_UP, AT_A_TIME, call);
    const figures: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const before = cpuOf(child.pid!) + cpuOf(process.pid);
      await crowd(CALLS, AT_A_TIME, call);
      figures.push((cpuOf(child.pid!) + cpuOf(process.pid) - before) / CALLS);
    }
    return median(figures);
  } finally {
    await broker.stop();
    child.kill();
  }
}

function brokerOf(kind: Kind, url: string): ServiceBroker {
  const bare: BrokerOptions = { transporter: { type: "NATS", options: { url } }, namespace: "bare", logger: false };
  if (kind === "bare") return new ServiceBroker(bare);
  const config = readConfig({ NATS_URL: url, NAMESPACE: "ours", LOGLEVEL: "error" });
  const secrets = makeSecrets("a secret of benchmarks, 32 or more", Buffer.alloc(32));
  const { middlewares, ...options } = brokerOptions({ config, runtime: systemRuntime(), secrets });
  // They own no data, so there is no folder to lock.
  return new ServiceBroker({
    ...options,
    middlewares: middlewares!.filter((one) => (one as Middleware).name !== "Lock"),
  });
}

async function serve(kind: Kind, url: string): Promise<void> {
  const broker = brokerOf(kind, url);
  broker.createService({
    name: "echo",
    actions: {
      answer: {
        ...(kind === "ours" && { params }),
        handler: (ctx: { params: object }) => ctx.params,
      },
    },
  } as never);
  await broker.start();
  process.stdin.resume().once("end", () => process.exit());
  process.stdout.write("ready\n");
}

if (import.meta.main) await serve(process.argv[2] as Kind, process.argv[3]!);
