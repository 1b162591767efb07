import type { Failure } from "./cards.ts";
import type { Intent } from "./records.ts";

/** The `error` of a reply, as Stripe writes it. */
export interface ErrorBody {
  type: "invalid_request_error" | "card_error" | "api_error" | "idempotency_error";
  message: string;
  code?: string;
  decline_code?: string;
  param?: string;
  charge?: string;
}

interface Details {
  intent?: Intent;
  /** Validation is over, so the reply is remembered under the request's Idempotency-Key. */
  begun?: boolean;
  headers?: Record<string, string>;
}

/** A reply other than success. */
export class ApiError extends Error {
  readonly status: number;
  readonly body: ErrorBody;
  readonly intent: Intent | undefined;
  readonly begun: boolean;
  readonly headers: Record<string, string>;

  constructor(status: number, body: ErrorBody, { intent, begun = false, headers = {} }: Details = {}) {
    super(body.message);
    this.status = status;
    this.body = body;
    this.intent = intent;
    this.begun = begun;
    this.headers = headers;
  }
}

/** A request that is wrong in itself. */
export const invalid = (message: string, { code, param }: { code?: string; param?: string } = {}) =>
  new ApiError(400, { type: "invalid_request_error", message, code, param });

export const parameterMissing = (param: string) =>
  invalid(`Missing required param: ${param}.`, { code: "parameter_missing", param });

/** `param`: the parameter that names the missing object; without it, it is the one in the path. */
export const missing = (object: string, id: string, param?: string) =>
  new ApiError(param ? 400 : 404, {
    type: "invalid_request_error",
    code: "resource_missing",
    message: `No such ${object}: '${id}'`,
    param: param ?? "id",
  });

/** A request that is right in itself, but not in the present state of its object. */
export const refused = (
  code: string | undefined,
  message: string,
  { intent, param }: { intent?: Intent; param?: string } = {},
) => new ApiError(400, { type: "invalid_request_error", code, message, param }, { intent, begun: true });

export const declined = ({ method: _, ...failure }: Failure, intent: Intent) =>
  new ApiError(402, failure, { intent, begun: true });

export const unrecognized = (method: string, path: string) =>
  new ApiError(404, { type: "invalid_request_error", message: `Unrecognized request URL (${method}: ${path}).` });

export const unauthorized = (key: string | undefined) =>
  new ApiError(
    401,
    {
      type: "invalid_request_error",
      message:
        key === undefined
          ? "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY')."
          : `Invalid API Key provided: ${key.slice(0, 8)}***${key.slice(12).slice(-4)}`,
    },
    { headers: { "www-authenticate": 'Bearer realm="Stripe"' } },
  );

export const secretKeyRequired = () =>
  new ApiError(403, {
    type: "invalid_request_error",
    code: "secret_key_required",
    message: "This API call cannot be made with a publishable API key. Please use a secret API key.",
  });

/** Saved under the Idempotency-Key like any first reply: whoever repeats the request gets the same failure again. */
export const serverError = () =>
  new ApiError(
    500,
    { type: "api_error", message: "An unknown error occurred" },
    { begun: true, headers: { "stripe-should-retry": "false" } },
  );
