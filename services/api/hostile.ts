import fc from "fast-check";

/** The part of JSON Schema that our contracts use. */
interface Schema {
  type?: string;
  enum?: unknown[];
  const?: unknown;
  anyOf?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  minItems?: number;
  maxItems?: number;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  format?: string;
}

/** Anything that a schema allows. */
export function anyOf(given: object): fc.Arbitrary<unknown> {
  const schema = given as Schema;
  if (schema.anyOf) return fc.oneof(...schema.anyOf.map(anyOf));
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if ("const" in schema) return fc.constant(schema.const);
  switch (schema.type) {
    case "integer":
      return fc.integer({ min: schema.minimum ?? -1e9, max: schema.maximum ?? 1e9 });
    case "array":
      return fc.array(anyOf(schema.items!), {
        minLength: schema.minItems ?? 0,
        maxLength: Math.min(schema.maxItems ?? 5, 5),
      });
    case "object":
      return fc.record(
        Object.fromEntries(Object.entries(schema.properties ?? {}).map(([name, field]) => [name, anyOf(field)])),
        { requiredKeys: schema.required ?? [] } as never,
      );
    case "null":
      return fc.constant(null);
    default:
      return anyText(schema);
  }
}

function anyText({ format, pattern, minLength = 0, maxLength = 30 }: Schema): fc.Arbitrary<string> {
  if (format === "email") return fc.constantFrom("a@example.com", "first.last+tag@sub.example.org");
  if (format === "date-time") return fc.constantFrom("2040-02-29T12:00:00Z", "2040-01-01T00:00:00.000Z");
  if (pattern) {
    const fits = new RegExp(pattern, "u");
    const sure = ["fits-1", "1"].find((text) => fits.test(text))!;
    return fc.string({ minLength, maxLength: Math.min(maxLength, 30) }).map((text) => (fits.test(text) ? text : sure));
  }
  // Commas would part a list, and slashes or dots a path: those are for the hostile.
  return fc.string({ unit: "grapheme", minLength, maxLength: Math.min(maxLength, 30) }).map((text) =>
    text
      .replace(/[,/\\.%\s]/g, "_")
      .padEnd(minLength, "x")
      .slice(0, maxLength)
      .toWellFormed(),
  );
}

const CRAFTED = [
  "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
  "..%5c..%5cwindows",
  "..",
  "%00",
  "a%00.zip",
  "%zz",
  "%",
  "%ff%fe",
  "%0d%0aSet-Cookie:%20a=b",
  "%7B%22$ne%22:null%7D",
  "[$ne]",
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "null",
  "undefined",
  "NaN",
  "-1",
  "1e309",
  "99999999999999999999",
  "0x10",
  "%F0%9F%92%A5",
  "%ED%A0%80",
  "'%20OR%201=1--",
  "%3Cscript%3E",
  "x".repeat(101),
  "x".repeat(4000),
  "me",
  "i",
];

/** What somebody might put into a path or a query, encoded as they would. */
export const hostileText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...CRAFTED),
  fc.string({ unit: "binary", minLength: 1 }).map((text) => encodeURIComponent(text.toWellFormed())),
);

const hostileValue: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    { $ne: null },
    { $gt: "" },
    { $where: "1" },
    [],
    {},
    null,
    true,
    "",
    -1,
    0,
    1e21,
    -1e308,
    0.1,
    "\u0000",
    "\ud800",
  ),
  fc.jsonValue({ maxDepth: 2 }),
);

/** What a schema allows, with something wrong put in one place of it. */
export function hostile(schema: object): fc.Arbitrary<unknown> {
  return fc
    .tuple(anyOf(schema), hostileValue, fc.constantFrom("x", "$set", "constructor", "id", "status"), fc.nat())
    .map(([value, wrong, name, place]) => {
      if (value === null || typeof value !== "object" || Array.isArray(value)) return wrong;
      const names = [...Object.keys(value), name];
      return { ...value, [names[place % names.length]!]: wrong };
    });
}

/** What the tests read of an operation in the document. */
export interface Operation {
  operationId: string;
  parameters: { name: string; in: string; required: boolean; schema: object }[];
  requestBody?: { required: boolean; content: Record<string, { schema?: object }> };
  responses: Record<
    string,
    { $ref?: string; content?: Record<string, { schema: Schema & { $ref?: string } }>; headers?: object }
  >;
  security: object[];
}

type Parameter = Operation["parameters"][number];

/** The path with something for each of its parameters. */
export const filled = (
  path: string,
  { parameters }: Operation,
  value: (parameter: Parameter) => fc.Arbitrary<string>,
) => {
  const inPath = parameters.filter((parameter) => parameter.in === "path");
  return fc
    .tuple(...inPath.map(value))
    .map((values) => inPath.reduce((filled, { name }, n) => filled.replace(`{${name}}`, () => values[n]!), path));
};

export const queryOf = ({ parameters }: Operation, value: (parameter: Parameter) => fc.Arbitrary<string>) =>
  fc
    .tuple(
      ...parameters
        .filter((parameter) => parameter.in === "query")
        .map((parameter) => {
          const given = value(parameter).map((text) => `${parameter.name}=${text}`);
          return parameter.required ? given : fc.option(given, { freq: 1 });
        }),
    )
    .map((pairs) => {
      const given = pairs.filter((pair) => pair !== null);
      return given.length ? `?${given.join("&")}` : "";
    });

type Body = { body?: unknown; headers?: Record<string, string> };

export function bodyOf(
  { requestBody }: Operation,
  value: (schema: object) => fc.Arbitrary<unknown>,
): fc.Arbitrary<Body> {
  const [type, content] = Object.entries(requestBody?.content ?? {})[0] ?? [];
  const schema = content?.schema;
  if (!type || !schema) return fc.constant({});
  const headers = { "content-type": type };
  if (type !== "application/json") return fc.uint8Array().map((body) => ({ body, headers }));
  return value(schema).map((body) => ({ body: JSON.stringify(body), headers }));
}

/** Bodies that are no JSON, or not the JSON that anybody asked for. */
export const broken: fc.Arbitrary<Body> = fc.record({
  body: fc.oneof(
    fc.string(),
    fc.json(),
    fc.uint8Array(),
    fc.constantFrom("{", "[]", "null", '"x"', "1e999", '{"__proto__":{}}'),
  ),
  headers: fc.record({ "content-type": fc.constantFrom("application/json", "text/plain", "multipart/form-data", "") }),
});

export const hostileHeaders: fc.Arbitrary<Record<string, string>> = fc.record(
  {
    cookie: fc.constantFrom("session=x", "refresh=", "order_x=y; =; ;;", "__proto__=1"),
    "order-token": fc.constantFrom("x", "o.", ".", "a.b.c", "__proto__.x"),
    "idempotency-key": fc.constantFrom("", "\u00e9", "x".repeat(300), "fine"),
    "x-forwarded-for": fc.constantFrom("::1", "1.2.3.4, ,,", "x"),
    "x-request-id": fc.constantFrom("<script>", "x".repeat(500)),
    "sec-fetch-site": fc.constantFrom("cross-site", "same-origin", "?"),
    origin: fc.constantFrom("null", "http://", "https://evil.example", "::"),
    range: fc.constant("bytes=9-1,2"),
    authorization: fc.constant("Bearer x"),
  },
  { requiredKeys: [] },
);
