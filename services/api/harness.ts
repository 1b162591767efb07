import { request } from "node:http";
import { connect, type AddressInfo, type Server } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll } from "@jest/globals";
import type { Context, ServiceSchema } from "moleculer";
import type { Meta, ServiceContract } from "../../core/contract.ts";
import { fail } from "../../core/errors.ts";
import type { Secrets } from "../../core/secrets.ts";
import { judge } from "../../core/validator.ts";
import type { BusHandle } from "../../mixins/bus/bus.ts";
import type { FilesHandle } from "../../mixins/files/files.ts";
import { testBroker, type TestBrokerOptions } from "../../tests/broker.ts";
import { issueAccess, type Caller } from "../auth/tokens.ts";
import { cluster, defineService } from "../define.ts";
import type { Item } from "../items/items.contract.ts";
import type { Order } from "../orders/orders.contract.ts";
import api from "./api.service.ts";

type Actions = Record<string, (ctx: Context<any, Meta>) => unknown>;

/** A neighbour that answers as given, and within its contract; what was not given is NOT_FOUND. */
export function stub(contract: ServiceContract, given: Actions, seen: Seen = {}): ServiceSchema {
  const actions = Object.entries(contract.actions).map(([name, { returns }]) => {
    const faultsOf = judge(returns);
    return [
      name,
      async (ctx: Context<any, Meta>) => {
        seen[`${contract.name}.${name}`] = ctx;
        if (!given[name]) throw fail("NOT_FOUND");
        const reply = (await given[name](ctx)) ?? null;
        const faults = faultsOf(reply);
        if (faults)
          throw new Error(`The stub of ${contract.name}.${name} breaks its contract: ${JSON.stringify(faults)}`);
        return reply;
      },
    ];
  });
  return defineService(contract)({ actions: Object.fromEntries(actions) as never }) as ServiceSchema;
}

export const at = (ms: number) => new Date(ms).toISOString();

export const item = (id: string): Item => ({
  id,
  status: "published",
  title: "Night Bus",
  description: "",
  price: { amount: 900, currency: "eur" },
  kind: "edition",
  seller: { id: "seller", name: "Ines" },
  cover: null,
  files: [],
  perBuyer: null,
  stock: { total: 3, available: 3, held: 0, sold: 0 },
  nextAt: null,
  createdAt: at(0),
  publishedAt: at(0),
});

export const order = (id: string, more: Partial<Order> = {}): Order => ({
  id,
  status: "reserved",
  lines: [],
  total: { amount: 900, currency: "eur" },
  discount: null,
  granted: false,
  seller: { id: "seller", name: "Ines" },
  email: null,
  createdAt: at(0),
  expiresAt: at(900_000),
  paidAt: null,
  closedAt: null,
  paymentError: null,
  refund: null,
  now: at(1000),
  ...more,
});

export const ada: Caller = { id: "ada", name: "Ada", roles: ["buyer"] };
export const adasAccount = { ...ada, email: "ada@example.com", createdAt: at(0) };

/** What the tests use of the service itself. */
interface Inside {
  server: Server;
  secrets: Secrets;
  bus: BusHandle;
  files: FilesHandle;
}

const opened: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const stop of opened.splice(0)) await stop();
});

/**
 * A gateway on a port of its own, with stubs for the neighbours: those given, and silent ones for the rest.
 * It is stopped after the last test of the spec, if not before.
 */
export async function gateway(
  neighbours: { [S in keyof typeof cluster]?: Actions } = {},
  {
    storefront = "/none",
    without = [],
    ...options
  }: TestBrokerOptions & { storefront?: string; without?: string | string[] } = {},
) {
  const seen: Seen = {};
  const stubs = Object.values(cluster)
    .filter(({ name }) => !["api", without].flat().includes(name))
    .map((contract) => stub(contract, neighbours[contract.name as keyof typeof cluster] ?? {}, seen));
  const world = testBroker({ services: stubs, ...options });
  const service = world.broker.createService({ ...api, settings: { ...api.settings, storefront } });
  const logged: unknown[][] = [];
  service.logger.error = (...words: unknown[]) => void logged.push(words);
  await world.broker.start().catch(async (error: unknown) => {
    await world.stop();
    throw error;
  });
  opened.push(world.stop);
  const { server, secrets, bus, files } = service as unknown as Inside;
  const { port } = server.address() as AddressInfo;
  let facts = 0;
  const session = (who: Caller, now = world.runtime.now()) => `session=${issueAccess(secrets, who, now)}`;
  return {
    ...world,
    service,
    seen,
    server,
    files,
    logged,
    port,
    url: `http://127.0.0.1:${port}`,
    secrets,
    session,
    /** Publishes a fact, as its owner would. */
    fact: (type: string, data: Record<string, unknown>) =>
      bus.publish([{ id: `order:${String(data["id"])}:${++facts}:0`, type, schema: 1, at: 0, v: facts, data }]),
    token: (id: string) => `${id}.${secrets.hmac("order", id)}`,
    ask: (method: string, path: string, more?: Partial<Asked>) => ask(port, { method, path, ...more }),
  };
}

export type Gateway = Awaited<ReturnType<typeof gateway>>;

/** The last call of each action: what the gateway made of a request. */
type Seen = Record<string, { params: any; meta: any }>;

export interface Asked {
  method: string;
  path: string;
  headers: Record<string, string>;
  /** An object is sent as JSON. */
  body: unknown;
}

export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
  json: any;
}

/** One request with its path as it stands: no client tidies it up on the way. */
function ask(port: number, { method, path, headers = {}, body }: Partial<Asked>): Promise<Answer> {
  const raw = typeof body === "string" || body instanceof Uint8Array;
  const sent = body === undefined || raw ? (body as string | undefined) : JSON.stringify(body);
  const type = body !== undefined && !raw ? { "content-type": "application/json" } : {};
  const length =
    sent === undefined || headers["transfer-encoding"] ? {} : { "content-length": Buffer.byteLength(sent) };
  return new Promise((resolve, reject) => {
    request(
      { host: "127.0.0.1", port, method, path, agent: false, headers: { ...type, ...length, ...headers } },
      async (res) => {
        const endless = res.headers["content-type"] === "text/event-stream" && method !== "HEAD";
        const answered = endless ? "" : await text(res);
        if (endless) res.destroy();
        const json = res.headers["content-type"]?.startsWith("application/json")
          ? JSON.parse(answered || "null")
          : null;
        resolve({ status: res.statusCode!, headers: res.headers, text: answered, json });
      },
    )
      .once("error", reject)
      .end(sent);
  });
}

export const cookiesOf = ({ headers }: Answer): string[] => [headers["set-cookie"] ?? []].flat();

/** Sends these very bytes and reads until the other side closes. */
export function wire(port: number, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(bytes));
    let read = "";
    socket
      .on("data", (chunk) => (read += chunk))
      .once("error", reject)
      .once("close", () => resolve(read));
  });
}

export async function until(condition: () => unknown): Promise<void> {
  for (const end = Date.now() + 10_000; !(await condition()); await new Promise((resolve) => setTimeout(resolve, 5)))
    if (Date.now() > end) throw new Error("waited in vain");
}
