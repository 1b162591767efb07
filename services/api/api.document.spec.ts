import { beforeAll, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { catalogue, type ErrorType } from "../../core/errors.ts";
import { cluster } from "../define.ts";
import { ada, adasAccount as user, at, gateway, item, order, type Answer, type Gateway } from "./harness.ts";
import {
  anyOf,
  bodyOf,
  broken,
  filled,
  hostile,
  hostileHeaders,
  hostileText,
  queryOf,
  type Operation,
} from "./hostile.ts";
import { operationsOf } from "./route.ts";

const page = { rows: [], total: 0, page: 1, pageSize: 20 };
let shop: Gateway;
let document: any;
beforeAll(async () => {
  shop = await gateway({
    auth: { signup: () => ({ user }), signin: () => ({ user }), signout: () => null, me: () => ({ user }) },
    delivery: { library: () => page, link: () => ({ location: "/files/x" }) },
    inventory: { stock: () => [] },
    items: {
      list: () => page,
      get: () => item("i"),
      create: () => item("i"),
      update: () => item("i"),
      addKeys: () => ({ added: 1, duplicates: 0 }),
      publish: () => item("i"),
      retire: () => item("i"),
      removeFile: () => null,
      mayUpload: () => null,
      attachFile: ({ params: { filename, size, type, sha256 } }) => ({
        filename,
        size,
        type,
        sha256,
        uploadedAt: at(0),
      }),
    },
    orders: {
      create: () => order("o"),
      list: () => page,
      get: () => order("o"),
      pay: () => ({ clientSecret: "s", publishableKey: "p", apiBase: "" }),
      cancel: () => order("o"),
      refund: () => order("o"),
      timeline: () => ({ events: [] }),
      sales: () => page,
    },
    payments: { webhook: () => ({ received: true }) },
  });
  document = (await shop.ask("GET", "/api/openapi.json")).json;
});

const operations = (): { method: string; path: string; operation: Operation }[] =>
  Object.entries<Record<string, Operation>>(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  );

/** The types that the document allows for a status of this operation. */
function documented({ responses }: Operation, status: number): unknown[] {
  const reply = responses[status];
  const { content } = (reply?.$ref ? document.components.responses[reply.$ref.split("/").at(-1)!] : reply) ?? {};
  return content?.["application/json"]?.schema.properties?.["type"]?.enum ?? [];
}

describe("the document", () => {
  test("has every published action, and nothing that is internal", () => {
    const described = new Set(operations().map(({ operation }) => operation.operationId));
    for (const { action } of operationsOf(cluster)) expect(described).toContain(action.replace(".", "_"));
    expect([...described].filter((id) => id.includes("_")).length).toBe(operationsOf(cluster).length);
    expect(described).toContain("upload");
  });

  test("every operation lists its refusals by type, under the status that the catalogue gives them", () => {
    for (const { path, operation } of operations()) {
      const statuses = Object.keys(operation.responses).filter((status) => Number(status) >= 400);
      expect([path, statuses]).toEqual([path, expect.arrayContaining(["429", "500", "503"])]);
      for (const status of statuses) {
        const types = documented(operation, Number(status));
        expect([path, status, types.length]).not.toEqual([path, status, 0]);
        for (const type of types) expect(catalogue[type as ErrorType][0]).toBe(Number(status));
      }
    }
  });

  test("says who may come in, what comes from where, and what replies look like", () => {
    const create: Operation = document.paths["/api/orders"].post;
    expect(create.parameters.map(({ name, in: place }) => [name, place])).toEqual([["Idempotency-Key", "header"]]);
    expect(Object.keys(create.responses)).toEqual(expect.arrayContaining(["200", "201", "400", "403", "409", "422"]));
    expect(documented(create, 409)).toContain("SOLD_OUT");
    expect(create.responses[201]!.content!["application/json"]!.schema).toEqual({ $ref: "#/components/schemas/Order" });
    expect(JSON.stringify(create.requestBody)).not.toContain("idempotencyKey");
    expect(create.security).toEqual([{}, { session: [] }, { orderToken: [] }]);
    const update: Operation = document.paths["/api/items/{id}"].patch;
    expect(update.security).toEqual([{ session: [] }]);
    expect(JSON.stringify(update.requestBody)).not.toContain('"id"');
    const list: Operation = document.paths["/api/items"].get;
    expect(list.parameters.map(({ name, in: place }) => `${place} ${name}`)).toContain("query seller");
    const upload: Operation = document.paths["/api/items/{id}/files/{filename}"].put;
    expect(upload.parameters.map(({ name, in: place }) => `${place} ${name}`)).toContain("header Content-Range");
    expect(Object.keys(upload.responses)).toEqual(expect.arrayContaining(["201", "202", "409", "413"]));
    expect(document.paths["/api/items/{id}/publish"].post.requestBody.required).toBe(false);
    expect(document.paths["/api/items/{id}/files/{filename}"].delete.responses[204].content).toBeUndefined();
  });

  test("requests are closed, replies are open, and every reference leads somewhere", () => {
    const text = JSON.stringify(document);
    for (const [, kind, name] of text.matchAll(/"#\/components\/(\w+)\/(\w+)"/g))
      expect(document.components[kind!]).toHaveProperty(name!);
    const { requestBody, responses }: Operation = document.paths["/api/items"].post;
    expect(JSON.stringify(requestBody)).toContain('"additionalProperties":false');
    expect(JSON.stringify(responses) + JSON.stringify(document.components)).not.toContain("additionalProperties");
  });
});

describe("the gateway keeps to it", () => {
  test("a path takes the methods it lists, and says so to others", async () => {
    /** A word in one path may be the parameter of another. */
    const methodsAt = (address: string) =>
      Object.entries<object>(document.paths)
        .filter(([path]) => new RegExp(`^${path.replace(/\{\w+\}/g, "[^/]+")}$`).test(address))
        .flatMap(([, methods]) => Object.keys(methods).map((method) => method.toUpperCase()));
    for (const path of Object.keys(document.paths)) {
      const address = path.replace(/\{\w+\}/g, "x");
      const listed = [...new Set(methodsAt(address))];
      for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE"].filter((other) => !listed.includes(other))) {
        const sent = await shop.ask(method, address);
        expect([method, path, sent.status, sent.json?.type]).toEqual([method, path, 405, "METHOD_NOT_ALLOWED"]);
        const allowed = listed.flatMap((one) => (one === "GET" ? ["GET", "HEAD"] : [one]));
        expect(String(sent.headers["allow"]).split(", ").toSorted()).toEqual(allowed.toSorted());
      }
    }
  });

  test("what the document allows is not refused as unfit", async () => {
    await onEach(
      ({ path, operation }) =>
        fc.record({
          path: filled(path, operation, ({ schema }) =>
            anyOf(schema).map((value) => encodeURIComponent(String(value))),
          ),
          query: queryOf(operation, ({ schema }) => anyOf(schema).map((value) => encodeURIComponent(String(value)))),
          body: bodyOf(operation, anyOf),
        }),
      ({ method }, { path, query, body }) =>
        shop.ask(method, `${path}${query}`, { ...body, headers: { ...body.headers, ...asAda() } }),
      ({ operation }, sent) => {
        expect([400, 405, 413, 415, 422]).not.toContain(operation.operationId === "file" ? 0 : sent.status);
      },
    );
  });

  test("hostile input is a coded refusal that the document lists, never a 500, and tells nothing", async () => {
    await onEach(
      ({ path, operation }) =>
        fc.record({
          path: filled(path, operation, () => hostileText),
          query: fc.oneof(
            fc.constant(""),
            queryOf(operation, () => hostileText),
            fc
              .tuple(fc.constantFrom("__proto__", "constructor", "id[$ne]", "$where", "id", "page", "x"), hostileText)
              .map((pair) => `?${pair.join("=")}`),
          ),
          body: fc.oneof(bodyOf(operation, hostile), bodyOf(operation, anyOf), broken),
          headers: hostileHeaders,
          signedIn: fc.boolean(),
        }),
      ({ method }, { path, query, body, headers, signedIn }) =>
        shop.ask(method, `${path}${query}`, {
          ...body,
          headers: { ...body.headers, ...headers, ...(signedIn && asAda()) },
        }),
      ({ operation }, sent) => {
        expect(sent.status).toBeLessThan(500);
        if (sent.status < 400) return;
        expect(sent.text).not.toMatch(/\bat .+:\d+|\.[tj]s\b|node_modules|stack|Error:/);
        // For people it is a page that says so.
        if (operation.operationId === "open" && sent.status === 404) return;
        expect(sent.json).toEqual({
          type: expect.any(String),
          message: expect.any(String),
          ...(sent.json.data && { data: expect.anything() }),
        });
        // A path that leads elsewhere is judged by what it leads to.
        if (sent.status !== 404 && sent.status !== 405)
          expect(documented(operation, sent.status)).toContain(sent.json.type);
      },
    );
    expect(shop.logged).toEqual([]);
  });
});

const asAda = () => ({ cookie: shop.session(ada) });

/** Runs a property for every operation of the document. */
async function onEach<T>(
  arbitrary: (one: ReturnType<typeof operations>[number]) => fc.Arbitrary<T>,
  send: (one: ReturnType<typeof operations>[number], given: T) => Promise<Answer>,
  judge: (one: ReturnType<typeof operations>[number], sent: Answer) => void,
) {
  for (const one of operations()) {
    const property = fc.asyncProperty(arbitrary(one), async (given) => judge(one, await send(one, given)));
    await fc.assert(property, { numRuns: 25 });
  }
}
