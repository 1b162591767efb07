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
  /** Headers of the request that change what it does, and what is in them. */
  takes?: Record<string, string>;
  /** The media type of the body, read raw. Without it no body is read. */
  consumes?: string;
  status: number;
  /** The media type of the reply and its shape. */
  produces?: { type: string; schema: TSchema };
  /** Another success; with a schema, as JSON. */
  also?: { status: number; description: string; schema?: TSchema };
  /** Headers of the reply that matter to a client, and what is in them. */
  headers?: Record<string, string>;
  errors: readonly ErrorType[];
}

const MAX_LIVE_ITEMS = 50;
const MAX_LIVE_ORDERS = 20;

const Text = Type.String();
/** Widths in which an uploaded cover is kept, px; a smaller picture is not enlarged. */
export const COVER_WIDTHS = [320, 640, 1280] as const;
const Offset = Type.Object({
  offset: Type.Integer({ minimum: 0, description: "So many bytes are here, from the first on" }),
});
const UPLOAD_VERSION =
  "Tells one version of a file from the next, such as the time of its last change: another one is another upload";

const PlainText = { type: "text/plain", schema: Text };
const Xml = { type: "application/xml", schema: Text };

export const httpRoutes = {
  upload: {
    rest: "PUT /api/items/:id/files/:filename",
    summary:
      "Upload a file, its bytes as the body; the same name replaces. With Content-Range: a part of it, and what breaks off can go on",
    auth: "user",
    params: items.actions.mayUpload.params,
    takes: {
      "Content-Range":
        "`bytes <first>-<last>/<total>`: this body is that part. Parts come in order, and the last one answers 201. What arrived " +
        "of a part is kept for 24 h. `bytes */<total>` with no body ends an upload whose bytes are all here",
      "Upload-Version": UPLOAD_VERSION,
    },
    consumes: "application/octet-stream",
    status: 201,
    produces: { type: "application/json", schema: Type.Object({ file: UploadedFile }) },
    also: { status: 202, description: "A part of it is here, and more is wanted", schema: Offset },
    headers: { "Upload-Offset": "With a part: so many bytes are here" },
    errors: ["VALIDATION_ERROR", "NOT_FOUND", "LIMIT_REACHED", "TOO_LARGE", "WRONG_OFFSET"],
  },
  uploadOffset: {
    rest: "GET /api/items/:id/uploads/:filename",
    summary:
      "Where an upload in parts goes on. Parts lie at the gateway that took them: where there are several, another one may say 0, and it begins anew",
    auth: "user",
    params: Type.Object({
      ...items.actions.mayUpload.params.properties,
      total: Type.Integer({ minimum: 1, description: "The size of the whole file, bytes" }),
    }),
    takes: { "Upload-Version": UPLOAD_VERSION },
    status: 200,
    produces: { type: "application/json", schema: Offset },
    headers: { "Upload-Offset": "So many bytes are here" },
    errors: ["VALIDATION_ERROR", "NOT_FOUND", "LIMIT_REACHED"],
  },
  setCover: {
    rest: "PUT /api/items/:id/cover",
    summary:
      "A picture of one's own as the cover, its bytes as the body: JPEG, PNG, WebP, AVIF, or the first frame of a GIF",
    auth: "user",
    params: items.actions.mayChange.params,
    consumes: "image/*",
    status: 200,
    produces: { type: "application/json", schema: items.actions.setCover.returns },
    errors: ["VALIDATION_ERROR", "NOT_FOUND", "TOO_LARGE", "UNSUPPORTED_MEDIA_TYPE"],
  },
  download: {
    rest: "GET /api/library/:id/files/:filename",
    summary: "Where to fetch a file of one's own",
    params: delivery.actions.link.params,
    status: 302,
    headers: { Location: "A signed link, good for 300 s; it needs no cookie" },
    errors: ["VALIDATION_ERROR", "NOT_FOUND", "FORBIDDEN"],
  },
  open: {
    rest: "GET /open/:order/:token",
    summary: "A guest's mailed link to an order: the browser keeps its key, and goes there",
    params: Type.Object({ order: Id, token: Text }),
    status: 303,
    headers: { Location: "The page of the order" },
    errors: ["NOT_FOUND"],
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
    summary:
      "Server-sent events: hello, the present state of all asked for, then changes (stock, order, sale, granted)",
    params: Type.Object({
      items: Type.Optional(Type.Array(Id, { maxItems: MAX_LIVE_ITEMS })),
      orders: Type.Optional(Type.Array(Id, { maxItems: MAX_LIVE_ORDERS })),
      sales: Type.Optional(Strings(["1"] as const)),
      waitlist: Type.Optional(Strings(["1"] as const)),
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
    also: { status: 302, description: "It has a picture" },
    errors: ["VALIDATION_ERROR", "NOT_FOUND"],
  },
  robots: {
    rest: "GET /robots.txt",
    summary: "What crawlers may visit, and where the sitemap is",
    params: NoParams,
    status: 200,
    produces: PlainText,
    errors: [],
  },
  sitemap: {
    rest: "GET /sitemap.xml",
    summary: "The pages of all items on sale; of a large catalogue an index of its parts",
    params: NoParams,
    status: 200,
    produces: Xml,
    errors: [],
  },
  sitemapPart: {
    rest: "GET /sitemap/:part.xml",
    summary: "One part of the sitemap of a large catalogue",
    params: Type.Object({ part: Type.String({ pattern: "^[1-9]\\d{0,4}$" }) }),
    status: 200,
    produces: Xml,
    errors: ["VALIDATION_ERROR", "NOT_FOUND"],
  },
  photo: {
    rest: "GET /covers/:id/:hash",
    summary:
      "An uploaded cover, as WebP, or as AVIF for whoever accepts it; 640 px wide unless told otherwise, never enlarged",
    params: Type.Object({ id: Id, hash: Text, w: Type.Optional(Strings(COVER_WIDTHS.map(String))) }),
    status: 200,
    also: { status: 302, description: "The item has another cover now" },
    produces: { type: "image/*", schema: Type.String({ format: "binary" }) },
    errors: ["VALIDATION_ERROR", "NOT_FOUND"],
  },
  shopCard: {
    rest: "GET /og/shop.png",
    summary: "The picture of the shop for links to it, 1200 by 630",
    params: NoParams,
    status: 200,
    produces: { type: "image/png", schema: Type.String({ format: "binary" }) },
    errors: [],
  },
  itemCard: {
    rest: "GET /og/:id.png",
    summary: "The picture of a published item for links to it, 1200 by 630",
    params: Type.Object({ id: Id }),
    status: 200,
    produces: { type: "image/png", schema: Type.String({ format: "binary" }) },
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
