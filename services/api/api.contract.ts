import { Type, type TObject, type TSchema } from "typebox";
import { contract } from "../../core/contract.ts";
import type { ErrorType } from "../../core/errors.ts";
import { items, UploadedFile } from "../items/items.contract.ts";
import { delivery } from "../delivery/delivery.contract.ts";
import { payments } from "../payments/payments.contract.ts";
import { Id, NoParams, Strings } from "../schemas.ts";

/** The gateway. It owns nothing, and has no actions: what it adds to those of its neighbours are the routes below. */
export const api = contract({ name: "api", actions: {} });

/** A route of the gateway's own: streams, raw bodies and what is no JSON. */
export interface HttpRoute {
  /** `"METHOD /path/:param"`, as in the contract of an action. */
  rest: string;
  summary: string;
  /** `anyone` when left out. */
  auth?: "user";
  /** What comes in the path, by its names, and in the query. */
  params: TObject;
  /** The media type of the body, read raw. Without it no body is read. */
  consumes?: string;
  status: number;
  /** The media type of the reply and its shape. */
  produces?: { type: string; schema: TSchema };
  /** Headers of the reply that matter to a client, and what is in them. */
  headers?: Record<string, string>;
  errors: readonly ErrorType[];
}

const MAX_LIVE_ITEMS = 50;
const MAX_LIVE_ORDERS = 20;

const Text = Type.String();
const PlainText = { type: "text/plain", schema: Text };

export const httpRoutes = {
  upload: {
    rest: "PUT /api/items/:id/files/:filename",
    summary: "Upload a file, its bytes as the body; the same name replaces",
    auth: "user",
    params: items.actions.mayUpload.params,
    consumes: "application/octet-stream",
    status: 201,
    produces: { type: "application/json", schema: Type.Object({ file: UploadedFile }) },
    errors: ["VALIDATION_ERROR", "NOT_FOUND", "LIMIT_REACHED", "TOO_LARGE"],
  },
  download: {
    rest: "GET /api/library/:id/files/:filename",
    summary: "Where to fetch a file of one's own",
    params: delivery.actions.link.params,
    status: 302,
    headers: { Location: "A signed link, good for 300 s; it needs no cookie" },
    errors: ["VALIDATION_ERROR", "NOT_FOUND", "FORBIDDEN"],
  },
  file: {
    rest: "GET /files/:blob/:filename",
    summary: "The bytes behind a signed link: ranges, ETag, as an attachment",
    params: Type.Object({
      blob: Text,
      filename: Text,
      t: Type.Optional(Text),
      e: Type.Optional(Text),
      s: Type.Optional(Text),
    }),
    status: 200,
    produces: { type: "*/*", schema: Type.String({ format: "binary" }) },
    errors: ["LINK_EXPIRED", "NOT_FOUND", "RANGE_NOT_SATISFIABLE"],
  },
  live: {
    rest: "GET /api/live",
    summary: "Server-sent events: hello, the present state of all asked for, then changes (stock, order, sale)",
    params: Type.Object({
      items: Type.Optional(Type.Array(Id, { maxItems: MAX_LIVE_ITEMS })),
      orders: Type.Optional(Type.Array(Id, { maxItems: MAX_LIVE_ORDERS })),
      sales: Type.Optional(Strings(["1"] as const)),
    }),
    status: 200,
    produces: { type: "text/event-stream", schema: Text },
    errors: ["VALIDATION_ERROR", "NOT_FOUND", "SIGN_IN_REQUIRED"],
  },
  openapi: {
    rest: "GET /api/openapi.json",
    summary: "This document",
    params: NoParams,
    status: 200,
    produces: { type: "application/json", schema: Type.Object({}) },
    errors: [],
  },
  webhook: {
    rest: "POST /api/webhooks/stripe",
    summary: "Events of the payment provider, signed in the header Stripe-Signature",
    params: NoParams,
    consumes: "application/json",
    status: 200,
    produces: { type: "application/json", schema: payments.actions.webhook.returns },
    errors: ["BAD_SIGNATURE", "TOO_LARGE"],
  },
  cover: {
    rest: "GET /covers/:id.svg",
    summary: "The drawn cover of an item that has no picture",
    params: Type.Object({ id: Id }),
    status: 200,
    produces: { type: "image/svg+xml", schema: Text },
    errors: ["VALIDATION_ERROR", "NOT_FOUND"],
  },
  alive: {
    rest: "GET /live",
    summary: "This process runs",
    params: NoParams,
    status: 200,
    produces: PlainText,
    errors: [],
  },
  ready: {
    rest: "GET /ready",
    summary: "This process can serve; 503 with the reason as plain text while it cannot",
    params: NoParams,
    status: 200,
    produces: PlainText,
    errors: [],
  },
  metrics: {
    rest: "GET /metrics",
    summary: "Metrics of this process, for Prometheus",
    params: NoParams,
    status: 200,
    produces: PlainText,
    errors: [],
  },
} as const satisfies Record<string, HttpRoute>;
