import { expect, test } from "@jest/globals";
import { systemRuntime } from "./runtime.ts";
import { natsOptions } from "./nats.ts";
import { Troubles, troubleWith } from "./trouble.ts";

const error = (name: string, fields: object, message = "") => Object.assign(new Error(message), { name, ...fields });
const URL = "mongodb://shop:s3cret%40@db.example.com:27017,db2.example.com/holdfast?tls=true";
const MONGO = "db.example.com:27017,db2.example.com";

/** What the drivers throw, as they throw it, and what people are told. */
const CASES: [unknown, string][] = [
  [error("MongoServerError", { code: 18, codeName: "AuthenticationFailed" }, "Authentication failed."), "refuses"],
  [error("MongoServerError", { code: 8000, codeName: "AtlasError" }, "bad auth : authentication failed"), "refuses"],
  [
    error("MongoServerSelectionError", {
      reason: {
        servers: new Map([["a", { error: error("MongoServerError", { code: 18 }, "Authentication failed.") }]]),
      },
    }),
    "refuses",
  ],
  [error("NatsError", { code: "AUTHORIZATION_VIOLATION" }, "'Authorization Violation'"), "refuses"],
  [error("ReplyError", {}, "WRONGPASS invalid username-password pair or user is disabled."), "refuses"],
  [error("ReplyError", {}, "NOAUTH Authentication required."), "refuses"],
  [error("Error", { code: "ENOTFOUND" }, "getaddrinfo ENOTFOUND db.example.com"), "no host"],
  [error("MongoServerSelectionError", { cause: { code: "EAI_AGAIN" } }), "no host"],
  [error("MongoServerSelectionError", {}, "connect ECONNREFUSED 127.0.0.1:27017"), "silent"],
  [error("NatsError", { code: "CONNECTION_REFUSED", chainedError: { code: "ECONNREFUSED" } }), "silent"],
  [error("NatsError", { code: "TIMEOUT" }, "TIMEOUT"), "silent"],
  [error("MongoNetworkTimeoutError", {}, "connection 1 to 10.0.0.1:27017 timed out"), "silent"],
  [error("AggregateError", { code: "ECONNREFUSED" }), "silent"],
  [error("Error", { code: "SELF_SIGNED_CERT_IN_CHAIN" }, "self-signed certificate in chain"), "insecure"],
  [error("MongoServerError", { code: 59 }, `no such command\nat ${URL}`), "other"],
];
const WORDS: Record<string, string> = {
  refuses: `MONGO_URL: the server at ${MONGO} refuses these credentials`,
  "no host": `MONGO_URL: there is no host of this name: ${MONGO}`,
  silent: `MONGO_URL: no server answers at ${MONGO}`,
  insecure: `MONGO_URL: no secure connection to ${MONGO}: self-signed certificate in chain`,
  other: `MONGO_URL: the server at ${MONGO} cannot be used: no such command`,
};

test("what drivers throw becomes one line that names the variable and the host, and no password", () => {
  for (const [thrown, kind] of CASES) expect(troubleWith("MONGO_URL", URL, thrown)).toBe(WORDS[kind]);
});

test("a password that breaks the rules of URLs is not told either", () => {
  const told = troubleWith("REDIS_URL", "redis://:p@ss:w@cache:6379/2", error("Error", { code: "ECONNREFUSED" }));
  expect(told).toBe("REDIS_URL: no server answers at cache:6379");
  const quoted = error("MongoParseError", {}, `Cannot read ${URL}`);
  expect(troubleWith("MONGO_URL", URL, quoted)).not.toContain("s3cret");
});

test("a line is said once in 30 s, and that it is over once", () => {
  const runtime = { ...systemRuntime(), now: () => now };
  let now = 0;
  const said: string[] = [];
  const troubles = new Troubles({ runtime, urls: { NATS_URL: "nats://a:4222" }, say: (line) => said.push(line) });
  const away = { code: "ECONNREFUSED" };
  for (; now < 65_000; now += 250) troubles.met("NATS_URL", away);
  expect(said).toEqual(Array(3).fill("NATS_URL: no server answers at a:4222"));
  expect(troubles.lines).toEqual(["NATS_URL: no server answers at a:4222"]);
  troubles.over("NATS_URL");
  troubles.over("NATS_URL");
  expect(said.slice(3)).toEqual(["NATS_URL: the server answers"]);
  expect(troubles.lines).toEqual([]);
});

test("the options for NATS hold what its URL says", () => {
  expect(natsOptions("nats://a:4222")).not.toHaveProperty("user");
  expect(natsOptions("nats://a:4222")).not.toHaveProperty("tls");
  expect(natsOptions("nats://shop:p%40ss%2Fw@a:4222")).toMatchObject({
    servers: ["a:4222"],
    user: "shop",
    pass: "p@ss/w",
  });
  expect(natsOptions("tls://u:p@a:4222,b:4223,tls://c")).toMatchObject({
    servers: ["a:4222", "b:4223", "c"],
    user: "u",
    pass: "p",
    tls: {},
  });
});
