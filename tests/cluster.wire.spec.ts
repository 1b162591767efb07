import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { Errors, type Context, type ServiceSchema } from "moleculer";
import { Type } from "typebox";
import { fail, typeOf } from "../core/errors.ts";
import { describeWith, testBroker, type TestBroker } from "./broker.ts";
import { nats } from "./servers.ts";

const AT = new Date("2026-11-23T07:34:00.123Z");
const BYTES = Buffer.from([0, 1, 127, 128, 255]);

/** What arrives equals what was sent, whether it crosses a wire or not. */
const VALUES: Record<string, unknown> = {
  "nothing at all": undefined,
  null: null,
  "a yes and a no": [true, false],
  numbers: [0, -1, 1.5, Number.MAX_SAFE_INTEGER, Number.MIN_VALUE],
  text: ["", "ÄÖÜ 🗝", "line\nline\u2028\u0000", '"[[', "a\\"],
  "text that looks like a mark": ["[[DT]]5", "[[ES]]", "[[", "[[BF]]aGk=", { "[[MP]]{}": "[[MP]]{}" }],
  "a date": AT,
  bytes: BYTES,
  "no bytes": Buffer.alloc(0),
  "a large number": 2n ** 80n,
  "a map and a set": [new Map<string, unknown>([["a", { at: AT }]]), new Set(["a", BYTES])],
  "an expression": /^a|b\/$/giu,
  "all of it, deep": { list: [{ at: AT, bytes: BYTES, none: null, tags: new Set([1n]) }], empty: {}, none: [] },
  "a field that is undefined": { a: undefined, b: 1 },
  "more than NATS takes in one message": Array.from({ length: 3000 }, (_, n) => ({
    n,
    at: AT,
    text: "ÄÖÜ ".repeat(200),
  })),
  "a large map": new Map([["a", "x".repeat(100_000)]]),
};

/** What JSON cannot say: it stays as it is within a process, and arrives as the second. */
const LOST: Record<string, [unknown, unknown]> = {
  "undefined in a list": [
    [1, undefined],
    [1, null],
  ],
  "a date that is none": [[new Date(NaN)], [null]],
  "no number": [
    [NaN, Infinity],
    [null, null],
  ],
  "a class": [
    new (class Price {
      amount = 5;
    })(),
    { amount: 5 },
  ],
};

/** By name, as each is thrown. */
const ERRORS: Record<string, () => unknown> = {
  "one of the catalogue": () => fail("SOLD_OUT", { itemId: "a", available: 0, held: 1, nextAt: AT }),
  "one with words of its own": () => fail("TRY_AGAIN", undefined, "Later"),
  "a fault of the program": () => new TypeError("undefined is not a function"),
  "one with a code": () => Object.assign(new Error("no space"), { code: "ENOSPC" }),
  "one of Moleculer": () => new Errors.ServiceNotAvailableError({ action: "a.b", nodeID: "n" }),
  "one of Moleculer that may be retried": () => new Errors.MoleculerRetryableError("again", 500, "AGAIN", { n: 1 }),
};

const given = { value: undefined as unknown, meta: {} as Record<string, unknown> };
/** Anything, where a contract of the shop would be narrower. */
const Anything = { $$strict: false } as never;

const Narrow = Type.Object({ id: Type.String(), n: Type.Optional(Type.Integer()) });

const echo: ServiceSchema = {
  name: "echo",
  actions: {
    back: { params: Anything, handler: (ctx: Context<{ value: unknown }>) => (given.value = ctx.params.value) },
    nothing: { handler: () => undefined },
    refuse: { handler: (ctx: Context<{ name: string }>) => Promise.reject(ERRORS[ctx.params.name]!()) },
    meta(ctx: Context<object, Record<string, unknown>>) {
      given.meta = { ...ctx.meta };
      ctx.meta["reply"] = { status: 202, at: AT };
    },
    strict: { params: Narrow as never, handler: (ctx: Context) => ctx.params },
  },
  events: {
    "told.something": (ctx: Context<{ value: unknown }>) => void (given.value = ctx.params.value),
  },
};

/** What a caller can tell of an error. */
const shown = (error: unknown) => {
  const { name, message, code, type, data, retryable } = error as Errors.MoleculerError;
  return {
    name,
    message,
    code,
    type,
    data,
    retryable: !!retryable,
    coded: typeOf(error),
    isError: error instanceof Error,
  };
};

describeWith(nats, "what crosses between services", (server) => {
  let home: TestBroker;
  let away: TestBroker;
  beforeAll(async () => {
    const env = { NATS_URL: server().url, LOGLEVEL: "fatal" };
    home = testBroker({ env, services: [echo] });
    away = testBroker({ env: { ...env, NAMESPACE: home.config.NAMESPACE } });
    await Promise.all([home.broker.start(), away.broker.start()]);
    await away.broker.waitForServices("echo", 5000);
  });
  afterAll(async () => {
    await away?.stop();
    await home?.stop();
  });

  // A busy machine may take a node for dead for a moment.
  beforeEach(() => away.broker.waitForServices("echo", 10_000));

  describe.each([
    ["in one process", () => home.broker],
    ["over NATS", () => away.broker],
  ] as const)("%s", (where, broker) => {
    const remote = where === "over NATS";

    test.each(Object.entries(VALUES))("%s arrives and comes back as it was", async (_, value) => {
      given.value = "untouched";
      expect(await broker().call("echo.back", { value })).toEqual(value);
      expect(given.value).toEqual(value);
      if (value instanceof Object) expect((given.value as object).constructor).toBe(value.constructor);
    });

    test.each(Object.entries(LOST))("%s: what differs is known", async (_, [value, arrives]) => {
      expect(await broker().call("echo.back", { value })).toEqual(remote ? arrives : value);
    });

    test("an action that answers nothing answers undefined", async () => {
      expect(await broker().call("echo.nothing")).toBeUndefined();
    });

    test("metadata goes and comes back", async () => {
      const meta: Record<string, unknown> = { user: { id: "u", roles: ["buyer"] }, at: AT, none: null };
      const calling = broker().call("echo.meta", {}, { meta: { ...meta } }) as Promise<unknown> & {
        ctx: Context<object, object>;
      };
      await calling;
      expect(given.meta).toEqual(meta);
      expect(calling.ctx.meta).toEqual({ ...meta, reply: { status: 202, at: AT } });
    });

    test.each(Object.entries(ERRORS))("an error, %s, is thrown as it was", async (name, make) => {
      const error = await broker()
        .call("echo.refuse", { name })
        .then(
          () => null,
          (thrown: unknown) => thrown,
        );
      expect(shown(error)).toEqual(shown(make()));
    });

    test("an unknown field is dropped, an optional one may be missing, a wrong one is refused with its name", async () => {
      expect(await broker().call("echo.strict", { id: "a", newer: { deep: true } })).toEqual({ id: "a" });
      expect(await broker().call("echo.strict", { id: "a", n: 1 })).toEqual({ id: "a", n: 1 });
      const refused = await broker()
        .call("echo.strict", { id: 7 })
        .then(
          () => null,
          (thrown: unknown) => thrown,
        );
      expect(shown(refused)).toMatchObject({
        coded: "VALIDATION_ERROR",
        code: 422,
        data: [{ field: "id", rule: "type" }],
      });
    });

    test("a hint carries the same values", async () => {
      for (const value of Object.values(VALUES)) {
        given.value = "untouched";
        await broker().broadcast("told.something", { value });
        for (const end = Date.now() + 2000; given.value === "untouched" && Date.now() < end;)
          await new Promise((resolve) => setTimeout(resolve, 5));
        expect(given.value).toEqual(value);
      }
    });
  });
});
