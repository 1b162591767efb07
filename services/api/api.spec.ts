import { beforeAll, describe, expect, test } from "@jest/globals";
import { Errors } from "moleculer";
import { fail } from "../../core/errors.ts";
import { ada, gateway, item, order, wire, type Gateway } from "./harness.ts";

let shop: Gateway;
const stubs: Parameters<typeof gateway>[0] = {
  items: {
    list: ({ params }) => ({ rows: [], total: 0, page: params.page ?? 1, pageSize: 20 }),
    async get(ctx) {
      if (ctx.params.id === "broken") throw new Error("no such table: /var/secret");
      if (ctx.params.id === "gone") return ctx.call("nobody.knows");
      if (ctx.params.id === "slow") throw new Errors.RequestTimeoutError({ action: "items.get", nodeID: "node-7" });
      if (ctx.params.id === "busy") throw fail("RATE_LIMITED", { retryAfter: 7 });
      return item(ctx.params.id);
    },
    create: () => item("new"),
    update: ({ params }) => item(params.id),
    publish: ({ params }) => item(params.id),
    removeFile: () => null,
  },
  orders: {
    create(ctx) {
      if (ctx.params.idempotencyKey === "again") ctx.meta.reply = { status: 200 };
      return order("o1");
    },
  },
};

beforeAll(async () => {
  shop = await gateway(stubs);
});

const lines = [{ itemId: "i1", quantity: 1 }];

describe("bodies and parameters", () => {
  const draft = { title: "A", description: "", price: { amount: 900, currency: "eur" }, kind: "unique" };
  const create = (body: unknown, headers = {}) =>
    shop.ask("POST", "/api/items", { body, headers: { cookie: shop.session(ada), ...headers } });

  test("a success has the status of its contract, and JSON that no cache keeps", async () => {
    const reply = await create(draft);
    expect(reply).toMatchObject({ status: 201, json: { id: "new" } });
    expect(reply.headers).toMatchObject({ "cache-control": "no-store", "x-content-type-options": "nosniff" });
    expect(shop.seen["items.create"]!.params).toEqual(draft);
  });

  test("204 has no body", async () => {
    const reply = await shop.ask("DELETE", "/api/items/i1/files/a.zip", { headers: { cookie: shop.session(ada) } });
    expect(reply).toMatchObject({ status: 204, text: "" });
    expect(reply.headers["content-type"]).toBeUndefined();
  });

  test("numbers in a query are numbers; what is none is named", async () => {
    await shop.ask("GET", "/api/items?page=2&q=12");
    expect(shop.seen["items.list"]!.params).toEqual({ page: 2, q: "12" });
    const unfit = { status: 422, json: { type: "VALIDATION_ERROR", data: [{ field: "page" }] } };
    for (const query of ["page=two", "page=1e3", "page=", "page=-1", "page=0.5"])
      expect(await shop.ask("GET", `/api/items?${query}`)).toMatchObject(unfit);
  });

  test.each([
    ["an unknown field", { ...draft, owner: "me" }, { field: "owner", rule: "additionalProperties" }],
    [
      "one deep inside",
      { ...draft, price: { ...draft.price, net: 1 } },
      { field: "price.net", rule: "additionalProperties" },
    ],
    ["a missing field", { ...draft, title: undefined }, { field: "title", rule: "required" }],
    ["a wrong type", { ...draft, price: { amount: "900", currency: "eur" } }, { field: "price.amount", rule: "type" }],
    ["an operator", { ...draft, title: { $ne: null } }, { field: "title", rule: "type" }],
    ["no object", [draft], { field: "", rule: "type" }],
  ])("422 for %s", async (_, body, fault) => {
    expect(await create(body)).toMatchObject({ status: 422, json: { type: "VALIDATION_ERROR", data: [fault] } });
  });

  test("of a union only the alternative that comes closest is explained", async () => {
    const { json } = await create({ ...draft, kind: "edition", price: { amount: 1, currency: "eur" }, stock: 5 });
    expect(json.data).toEqual([{ field: "price.amount", rule: "minimum" }]);
  });

  test.each(["__proto__", "constructor", "prototype"])("%s is a name like any other unknown one", async (name) => {
    const body = JSON.stringify(draft).replace("{", `{"${name}":{"admin":true},`);
    const sent = await create(body, { "content-type": "application/json" });
    expect(sent).toMatchObject({ status: 422, json: { data: [{ field: name }] } });
    expect(await shop.ask("GET", `/api/items?${name}=1`)).toMatchObject({
      status: 422,
      json: { data: [{ field: name }] },
    });
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });

  test("a name comes from one place alone", async () => {
    const headers = { cookie: shop.session(ada) };
    const twice: [string, string, unknown][] = [
      ["GET", "/api/items/i1?id=i2", undefined],
      ["PATCH", "/api/items/i1", { id: "i2" }],
      ["PATCH", "/api/items/i1?title=A", { title: "B" }],
      ["POST", "/api/items/i1/publish?now=1", undefined],
      ["GET", "/api/items?page=1&page=2", undefined],
    ];
    for (const [method, path, body] of twice)
      expect((await shop.ask(method, path, { headers, body })).status).toBe(422);
  });

  test("a body may be left out where it would be {}", async () => {
    const headers = { cookie: shop.session(ada) };
    expect((await shop.ask("POST", "/api/items/i1/publish", { headers })).status).toBe(200);
    expect((await shop.ask("POST", "/api/items/i1/publish", { headers, body: {} })).status).toBe(200);
    expect((await shop.ask("POST", "/api/items", { headers })).status).toBe(422);
  });

  test("what is no JSON is told from what is said to be none", async () => {
    const json = { "content-type": "application/json" };
    for (const broken of ["{", '{"a":1}}', "undefined", new Uint8Array([0x22, 0xff, 0x22])])
      expect(await create(broken, json)).toMatchObject({ status: 400, json: { type: "BAD_JSON" } });
    const others = ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin1", ""];
    for (const type of others)
      expect(await create("{}", { "content-type": type })).toMatchObject({
        status: 415,
        json: { type: "UNSUPPORTED_MEDIA_TYPE" },
      });
    expect((await create("{}", { ...json, "content-encoding": "gzip" })).status).toBe(415);
    expect((await create(JSON.stringify(draft), { "content-type": "application/json; charset=UTF-8" })).status).toBe(
      201,
    );
  });

  test("a body over 1 MB is refused, said beforehand or not, and the answer arrives", async () => {
    const json = { "content-type": "application/json" };
    const body = JSON.stringify({ ...draft, description: "x".repeat(1_100_000) });
    const large = { status: 413, json: { type: "TOO_LARGE", data: { maxBytes: 1_048_576 } } };
    expect(await create(body, json)).toMatchObject(large);
    expect(await create(body, { ...json, "transfer-encoding": "chunked" })).toMatchObject(large);
  });

  test("nesting without end is one more wrong type", async () => {
    const deep = `{"title":${"[".repeat(200_000)}${"]".repeat(200_000)}}`;
    expect((await create(deep, { "content-type": "application/json" })).status).toBe(422);
  });

  test("a client that asks before it sends is refused without its body", async () => {
    const head = `POST /api/items HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n`;
    expect(await wire(shop.port, head)).toMatch(/^HTTP\/1.1 401 /);
    const cookie = `Cookie: ${shop.session(ada)}\r\nExpect`;
    expect(await wire(shop.port, head.replace("Expect", cookie) + '{"kind":1')).toMatch(
      /^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 400 /,
    );
  });
});

describe("Idempotency-Key", () => {
  const create = (headers: Record<string, string>, body: object = { lines, email: "g@example.com" }) =>
    shop.ask("POST", "/api/orders", { headers, body });

  test("comes from its header alone", async () => {
    expect((await create({ "idempotency-key": "k 1~" })).status).toBe(201);
    expect(shop.seen["orders.create"]!.params).toMatchObject({ idempotencyKey: "k 1~" });
    const inBody = await create({}, { lines, idempotencyKey: "k" });
    expect(inBody).toMatchObject({ status: 422, json: { data: [{ field: "idempotencyKey" }] } });
  });

  test("a replayed key has the status that the service says", async () => {
    expect((await create({ "idempotency-key": "again" })).status).toBe(200);
  });

  test.each(["", "x".repeat(256), "tab\there", "caf\u00e9"])("%j is none", async (key) => {
    const refused = { status: 400, json: { type: "BAD_IDEMPOTENCY_KEY" } };
    expect(await create({ "idempotency-key": key })).toMatchObject(refused);
  });
});

describe("errors", () => {
  test("what nobody foresaw is 500 without a word of it, and logged under the id that the client has", async () => {
    const reply = await shop.ask("GET", "/api/items/broken");
    expect(reply.status).toBe(500);
    expect(reply.json).toEqual({ type: "INTERNAL", message: "Something went wrong on our side" });
    const [words, error] = shop.logged.at(-1)!;
    expect(words).toContain(reply.headers["x-request-id"]);
    expect(String(error)).toContain("no such table");
  });

  test.each(["gone", "slow"])(
    "a service that is %s is 503 with Retry-After, and tells nothing of the cluster",
    async (id) => {
      const reply = await shop.ask("GET", `/api/items/${id}`);
      expect(reply).toMatchObject({ status: 503, headers: { "retry-after": "1" } });
      expect(reply.json).toEqual({ type: "TRY_AGAIN", message: "Not decided yet, try again" });
    },
  );

  test("a refused rate says when to come back", async () => {
    const reply = await shop.ask("GET", "/api/items/busy");
    expect(reply).toMatchObject({ status: 429, headers: { "retry-after": "7" }, json: { type: "RATE_LIMITED" } });
  });

  test("unknown paths are 404, also those that cannot be decoded", async () => {
    for (const path of [
      "/api",
      "/api/",
      "/api/nope",
      "/API/items",
      "/api/items/%zz",
      "/api/items/a/b",
      "/v1x/../api/x",
    ])
      expect([path, (await shop.ask("GET", path)).status]).toEqual([path, 404]);
    expect((await shop.ask("GET", "/api/nope")).json.type).toBe("NOT_FOUND");
  });

  test("another method is 405 with Allow", async () => {
    const reply = await shop.ask("PUT", "/api/items/i1");
    expect(reply).toMatchObject({
      status: 405,
      headers: { allow: "GET, HEAD, PATCH" },
      json: { type: "METHOD_NOT_ALLOWED" },
    });
    expect((await shop.ask("PROPFIND", "/api/orders")).headers["allow"]).toBe("POST, GET, HEAD");
  });

  test("HEAD answers as GET does, without the body", async () => {
    const [head, get] = await Promise.all([shop.ask("HEAD", "/api/items"), shop.ask("GET", "/api/items")]);
    expect(head).toMatchObject({ status: 200, text: "" });
    expect(head.headers["content-length"]).toBe(get.headers["content-length"]);
    expect((await shop.ask("HEAD", "/api/items/busy")).status).toBe(429);
  });

  test("OPTIONS tells the methods", async () => {
    const reply = await shop.ask("OPTIONS", "/api/items", { headers: { "access-control-request-method": "GET" } });
    expect(reply).toMatchObject({ status: 204, headers: { allow: "GET, HEAD, POST, OPTIONS" } });
    expect(reply.headers["access-control-allow-origin"]).toBeUndefined();
  });

  test("a request may name the whole address", async () => {
    const asked =
      "GET http://shop.example/api/items?page=3 HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n";
    expect(await wire(shop.port, asked)).toContain('"page":3');
    expect(await wire(shop.port, asked.replace("http://shop.example/api/items?page=3", "what"))).toMatch(
      /^HTTP\/1.1 (400|404)/,
    );
  });

  test("an action that no contract publishes cannot be reached", async () => {
    const paths = ["/items/quote", "/items.quote", "/api/items/quote/x", "/~node/list", "/$node/list", "/api/api/rest"];
    for (const path of paths)
      for (const method of ["GET", "POST"]) expect([path, (await shop.ask(method, path)).status]).toEqual([path, 404]);
  });
});
