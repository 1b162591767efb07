import { expect } from "@jest/globals";
import { request } from "node:http";
import { text } from "node:stream/consumers";
import { Compile } from "typebox/schema";
import type { Operation } from "../services/api/hostile.ts";

export interface Answer {
  status: number;
  type: string;
  location: string | undefined;
  text: string;
  /** Undefined when the reply is no JSON. */
  json: any;
}

export interface Described {
  method: string;
  path: string;
  operation: Operation;
}

type Reply = { content?: Record<string, { schema: { properties?: { type?: { enum: string[] } } } }> };

/** Words that tell of the code behind a reply. */
const TALKS = /\bat .+:\d+|\.[tj]s\b|node_modules|stack|Error:/;

/** The operations of an OpenAPI document by their ids, what its references lead to in their place. */
export function operationsIn(document: { paths: object }): Map<string, Described> {
  const { paths } = resolved(document, document) as { paths: Record<string, Record<string, Operation>> };
  return new Map(
    Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => [
        operation.operationId,
        { method: method.toUpperCase(), path, operation },
      ]),
    ),
  );
}

function resolved(node: any, document: any): unknown {
  if (Array.isArray(node)) return node.map((one) => resolved(one, document));
  if (node === null || typeof node !== "object") return node;
  if (typeof node.$ref === "string") {
    const steps: string[] = node.$ref.slice(2).split("/");
    const target = steps.reduce((part, step) => part[step], document);
    return resolved(target, document);
  }
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, resolved(value, document)]));
}

export interface Sent {
  body?: string | Uint8Array;
  headers?: Record<string, string>;
}

/** One request with its path as it stands: no client tidies it up on the way. Of an endless reply only the head is read. */
export function send(url: string, method: string, path: string, { body, headers = {} }: Sent): Promise<Answer> {
  const length = body === undefined ? {} : { "content-length": Buffer.byteLength(body) };
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    request({ hostname, port, method, path, agent: false, headers: { ...length, ...headers } }, async (res) => {
      const type = res.headers["content-type"] ?? "";
      const endless = type.startsWith("text/event-stream");
      const said = endless ? "" : await text(res);
      if (endless) res.destroy();
      const json = type.startsWith("application/json") ? JSON.parse(said) : undefined;
      resolve({ status: res.statusCode!, type, location: res.headers["location"], text: said, json });
    })
      .once("error", reject)
      .end(body);
  });
}

const documented = ({ responses }: Operation, status: number) => responses[status] as Reply | undefined;

/** A success is one that the document lists, of the shape that it gives. */
export function expectListed({ operation }: Described, { status, type, json }: Answer): void {
  const { operationId } = operation;
  const reply = documented(operation, status);
  expect([operationId, status, reply !== undefined]).toEqual([operationId, status, true]);
  const { schema } = reply!.content?.["application/json"] ?? {};
  if (!schema || !type.startsWith("application/json")) return;
  const [, faults] = Compile(schema).Errors(json);
  expect([operationId, faults]).toEqual([operationId, []]);
}

/** A refusal has a code that the document lists for the operation, blames the shop for nothing, and tells nothing. */
export function expectRefused({ path: route, operation }: Described, path: string, answer: Answer): void {
  const { status, json, text: said } = answer;
  // A path that leads elsewhere is refused there; outside of the API that is a page.
  const elsewhere = status === 404 || status === 405;
  if (elsewhere && !json && !path.startsWith("/api")) return;
  // What was sent is told with what came, for whoever has to look into it.
  const told = `${route} ${path} → ${status} ${said.slice(0, 300)}`;
  expect([told, TALKS.test(said)]).toEqual([told, false]);
  expect([told, typeof json?.type, typeof json?.message]).toEqual([told, "string", "string"]);
  if (elsewhere) return;
  const types = documented(operation, status)?.content?.["application/json"]?.schema.properties?.type?.enum ?? [];
  expect([told, types.includes(json.type), status === 500]).toEqual([told, true, false]);
}
