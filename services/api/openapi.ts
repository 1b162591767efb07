import { Type, type TSchema } from "typebox";
import type { ErrorType } from "../../core/errors.ts";
import { closed } from "../../core/validator.ts";
import { httpRoutes, type HttpRoute } from "./api.contract.ts";
import { components, errorComponents, errorReplies, shown } from "./openapi.schemas.ts";
import { alternativesOf, propertiesOf, routeOf, type Operation, type Route } from "./route.ts";

/** What the document says of one method of one path, from wherever it is declared. */
interface Described extends Route {
  id: string;
  summary: string | undefined;
  auth: "anyone" | "user" | "admin";
  takes?: HttpRoute["takes"];
  errors: Iterable<ErrorType>;
  requestBody: object | undefined;
  replies: Record<string, object>;
}

/** The OpenAPI 3.1 document of these operations and of the gateway's own routes. */
export function documentOf(operations: Operation[]): object {
  const described = [...operations.map(describeOperation), ...Object.entries(httpRoutes).map(describeRoute)];
  const paths: Record<string, Record<string, object>> = {};
  for (const one of described) {
    const path = one.path.replace(/:(\w+)/g, "{$1}");
    (paths[path] ??= {})[one.method.toLowerCase()] = operationObject(one);
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Holdfast",
      version: "1",
      summary: "A marketplace for digital goods",
      description:
        "Money is in minor units, times are ISO 8601 in UTC, lists come in pages. Errors are `{type, message, data?}` " +
        "with a stable `type`. A change that a browser sends for another site is refused (CROSS_SITE). HEAD works where GET does.",
    },
    servers: [{ url: "/" }],
    paths,
    components: {
      schemas: components(),
      responses: errorComponents(),
      securitySchemes: {
        session: { type: "apiKey", in: "cookie", name: "session", description: "Set by signing in; renewed by itself" },
        orderToken: { type: "apiKey", in: "header", name: "Order-Token", description: "A guest's key to their order" },
      },
    },
  };
}

function describeOperation(operation: Operation): Described {
  const { action, contract, input, method, place, takesKey } = operation;
  const { auth = "anyone", errors = [], returns, status = 200, summary } = contract;
  const ok = { description: summary ?? "Done", ...(status !== 204 && { content: jsonOf(returns) }) };
  return {
    ...operation,
    id: action.replace(".", "_"),
    summary,
    auth,
    errors: [
      ...errors,
      "VALIDATION_ERROR",
      ...(place === "body" ? (["BAD_JSON", "TOO_LARGE", "UNSUPPORTED_MEDIA_TYPE"] as const) : []),
      ...(takesKey ? (["BAD_IDEMPOTENCY_KEY"] as const) : []),
      ...commonErrors(operation, auth, method !== "GET"),
    ],
    requestBody: place === "body" ? { required: needsBody(input), content: jsonOf(closed(input)) } : undefined,
    // The same key asked again gets the thing as it is now.
    replies: { [status]: ok, ...(takesKey && status === 201 && { 200: { ...ok, description: "The key was known" } }) },
  };
}

function describeRoute([id, route]: [string, HttpRoute]): Described {
  const {
    also,
    auth = "anyone",
    consumes,
    errors,
    headers = {},
    params,
    produces,
    rest,
    status,
    summary,
    takes,
  } = route;
  const parts = routeOf(rest, params);
  const guarded = parts.method !== "GET" && auth !== "anyone";
  return {
    ...parts,
    id,
    summary,
    auth,
    takes,
    errors: [...errors, ...commonErrors(parts, auth, guarded)],
    requestBody: consumes && {
      required: true,
      content: { [consumes]: consumes === "application/json" ? {} : { schema: Type.String({ format: "binary" }) } },
    },
    replies: {
      [status]: {
        description: summary,
        headers: Object.fromEntries(
          Object.entries(headers).map(([name, description]) => [name, { description, schema: { type: "string" } }]),
        ),
        ...(produces && { content: { [produces.type]: { schema: shown(produces.schema) } } }),
      },
      ...(also && {
        [also.status]: { description: also.description, ...(also.schema && { content: jsonOf(also.schema) }) },
      }),
    },
  } as Described;
}

/** What any route may answer, and what follows from who may come in and how. */
function commonErrors({ pathParams }: Route, auth: Described["auth"], change: boolean): ErrorType[] {
  const inPath = Object.keys(propertiesOf(pathParams)).length > 0;
  return [
    ...(auth === "user" ? (["SIGN_IN_REQUIRED"] as const) : []),
    ...(auth === "admin" || inPath ? (["NOT_FOUND"] as const) : []),
    ...(change ? (["CROSS_SITE"] as const) : []),
    "RATE_LIMITED",
    "TRY_AGAIN",
    "INTERNAL",
  ];
}

function operationObject({ id, summary, auth, takes, errors, replies, requestBody, ...route }: Described): object {
  const signedIn = { session: [] };
  return {
    operationId: id,
    summary,
    security: auth === "anyone" ? [{}, signedIn, { orderToken: [] }] : [signedIn],
    parameters: [...parametersOf(route), ...headersOf(takes)],
    ...(requestBody && { requestBody }),
    responses: { ...replies, ...errorReplies(errors) },
  };
}

function parametersOf({ pathParams, input, place, takesKey }: Route): object[] {
  const list = (schema: TSchema) =>
    (schema as { type?: string }).type === "array" ? { style: "form", explode: false } : {};
  const inPath = Object.entries(propertiesOf(pathParams)).map(([name, schema]) => ({
    name,
    in: "path",
    required: true,
    schema: shown(schema),
  }));
  const required = (input as { required?: string[] }).required ?? [];
  const inQuery = Object.entries(place === "query" ? propertiesOf(input) : {}).map(([name, schema]) => ({
    name,
    in: "query",
    required: required.includes(name),
    ...list(schema),
    schema: shown(schema),
  }));
  const key = {
    name: "Idempotency-Key",
    in: "header",
    required: false,
    description: "The same key and body: the same answer. A guest's is a UUID",
    schema: { type: "string", minLength: 1, maxLength: 255, pattern: "^[\\x20-\\x7e]+$" },
  };
  return [...inPath, ...inQuery, ...(takesKey ? [key] : [])];
}

const headersOf = (takes: HttpRoute["takes"] = {}): object[] =>
  Object.entries(takes).map(([name, description]) => ({
    name,
    in: "header",
    required: false,
    description,
    schema: { type: "string" },
  }));

const jsonOf = (schema: TSchema) => ({ "application/json": { schema: shown(schema) } });

/** A body may be left out where it would be `{}`. */
const needsBody = (input: TSchema): boolean =>
  alternativesOf(input).every((one) => ((one as { required?: string[] }).required ?? []).length > 0);
