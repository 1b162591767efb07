import type { Runtime } from "../../core/runtime.ts";
import { holdsSecret } from "./auth.ts";
import type { Effects } from "./effects.ts";
import { endpointOf, type Answer, type Endpoint } from "./endpoints.ts";
import { ApiError, secretKeyRequired, serverError, unrecognized } from "./errors.ts";
import { checkExpand, expand } from "./expand.ts";
import { befalls, parseFaults, within } from "./faults.ts";
import { decodeForm, type Form } from "./form.ts";
import { fingerprintOf, inUse, replay, type Fingerprint } from "./idempotency.ts";
import type { SandboxKeys } from "./keys.ts";
import { array, text } from "./params.ts";
import { API_VERSION, type Renderer } from "./render.ts";
import type { Store } from "./store.ts";
import { THREE_DS, visit } from "./threeds.ts";
import { json, type WireReply, type WireRequest } from "./wire.ts";

/** How long a request that the fault `hang` befell is not answered, ms: longer than any client waits. */
const HANG = 60_000;
const FAULTS = "/v1/test/faults";

export interface HandlerOptions {
  store: Store;
  effects: Effects;
  renderer: Renderer;
  keys: SandboxKeys;
  runtime: Runtime;
  /** Told of what should not happen. */
  onBug(error: unknown): void;
}

/** A request on its way: who asks for what. */
interface Asked {
  requestId: string;
  isPublic: boolean;
  endpoint: Endpoint;
  id: string;
  path: string;
  form: Form;
  expand: string[];
}

/** Answers every request under /v1. */
export class Handler {
  readonly #options: HandlerOptions;
  /** Idempotency-Keys of requests that have no reply yet. */
  readonly #inProgress = new Set<string>();

  constructor(options: HandlerOptions) {
    this.#options = options;
  }

  /** Never throws: whatever goes wrong is a reply in Stripe's form. */
  async handle(request: WireRequest): Promise<WireReply> {
    const { store, runtime, renderer, onBug } = this.#options;
    const requestId = `req_${runtime.id()}`;
    const headers = { "request-id": requestId, "stripe-version": request.headers["stripe-version"] ?? API_VERSION };
    let reply: WireReply;
    try {
      reply = await this.#answer(request, requestId);
      // What a reply tells was seen in memory: it has to be on the disk as well.
      await store.settled();
    } catch (error) {
      if (!(error instanceof ApiError)) onBug(error);
      const shown = error instanceof ApiError ? error : serverError();
      reply = json(shown.status, JSON.stringify(renderer.error(shown, true)), shown.headers);
    }
    return { ...reply, headers: { ...headers, ...reply.headers } };
  }

  #answer(request: WireRequest, requestId: string): Promise<WireReply> {
    const [path = "", ...rest] = request.path.split("?");
    const query = rest.join("?");
    const challenged = THREE_DS.exec(path);
    if (challenged) return this.#challenge(request, challenged[1]!, query, requestId);

    const { keys } = this.#options;
    const form = decodeForm(request.method === "POST" ? request.body : query);
    const isPublic = !holdsSecret(request.headers["authorization"], form, keys);
    if (path === FAULTS) return this.#faults(request, isPublic);

    const found = endpointOf(request.method, path);
    if (!found) throw unrecognized(request.method, path);
    if (isPublic && !found.endpoint.isOpen) throw secretKeyRequired();
    const { key: _, expand: paths, ...params } = form;
    const asked = {
      ...found,
      requestId,
      isPublic,
      path,
      form: params,
      expand: paths === undefined ? [] : array(text)(paths, "expand"),
    };
    checkExpand(asked.expand, isPublic ? "" : found.endpoint.returns, found.endpoint.isList === true);
    return this.#perhapsHang(asked, fingerprintOf({ ...request, path }));
  }

  /** The fault `hang`: a request or its reply is lost on the way, and nobody can say which. */
  async #perhapsHang(asked: Asked, print: Fingerprint | undefined): Promise<WireReply> {
    const { store, runtime } = this.#options;
    if (!befalls(store.faults.api.hang, runtime)) return this.#once(asked, print);
    const reply = befalls(0.5, runtime) ? await this.#once(asked, print) : undefined;
    await runtime.sleep(HANG);
    if (!reply) throw serverError();
    return reply;
  }

  /** With an Idempotency-Key, all repetitions together have one effect and one reply. */
  async #once(asked: Asked, print: Fingerprint | undefined): Promise<WireReply> {
    if (!print) return this.#perform(asked, print);
    const first = this.#options.store.replies.get(print.key);
    if (first) return replay(first, print);
    if (this.#inProgress.has(print.key)) throw inUse(print.key);
    this.#inProgress.add(print.key);
    try {
      return await this.#perform(asked, print);
    } finally {
      this.#inProgress.delete(print.key);
    }
  }

  async #perform(asked: Asked, print: Fingerprint | undefined): Promise<WireReply> {
    const { store, effects, runtime, renderer } = this.#options;
    const delay = within(store.faults.api.delayMs, runtime);
    if (delay > 0) await runtime.sleep(delay);

    // Nothing waits between the decision and its effect, so that what was decided on is still so.
    const answer = this.#decide(asked);
    const step = "step" in answer ? answer.step : undefined;
    const error = answer instanceof ApiError ? answer : step?.error;
    const status = error?.status ?? 200;
    const body = JSON.stringify(error ? renderer.error(error, asked.isPublic) : this.#show(asked, answer as Answer));
    const reply = print && { ...print, at: effects.given().at, request: asked.requestId, status, body };
    if (step || reply) await effects.carryOut(step, { id: asked.requestId, key: print?.key ?? null }, reply);
    return json(status, body, { ...error?.headers, ...(print && { "idempotency-key": print.key }) });
  }

  /** An error that belongs to the decision is an answer like any other; one of validation is thrown, and not remembered. */
  #decide({ endpoint, id, form, isPublic }: Asked): Answer | ApiError {
    const { store, effects, runtime } = this.#options;
    try {
      if (befalls(store.faults.api.error, runtime)) throw serverError();
      return endpoint.answer({ id, form, store, isPublic, given: effects.given() });
    } catch (error) {
      if (error instanceof ApiError && error.begun) return error;
      throw error;
    }
  }

  #show({ isPublic, path, expand: paths }: Asked, answer: Answer): object {
    const { store, renderer } = this.#options;
    if ("page" in answer) {
      const page = renderer.page(answer.page, path);
      expand(page, paths, (id) => renderer.subject(store.find(id)!));
      return page;
    }
    const row = "step" in answer ? answer.step.result : answer.show;
    if (row.object === "event") return renderer.event(row);
    if (row.object === "payment_intent" && isPublic) return renderer.publicIntent(row);
    const changed = "step" in answer ? answer.step.put : [];
    const body = renderer.subject(row);
    expand(body, paths, (id) => renderer.subject(changed.find((subject) => subject.id === id) ?? store.find(id)!));
    return body;
  }

  async #faults({ method, body }: WireRequest, isPublic: boolean): Promise<WireReply> {
    const { store } = this.#options;
    if (isPublic) throw secretKeyRequired();
    if (method === "PUT") await store.commit({ faults: parseFaults(body) });
    else if (method !== "GET") throw unrecognized(method, FAULTS);
    return json(200, JSON.stringify(store.faults));
  }

  async #challenge({ method, body }: WireRequest, id: string, query: string, requestId: string): Promise<WireReply> {
    const { store, effects } = this.#options;
    if (method !== "GET" && method !== "POST") throw unrecognized(method, "/v1/test/3ds");
    const source = new URLSearchParams(query).get("source") ?? "";
    const { step, reply } = visit(store.intents.get(id), { method, source, body }, effects.given());
    if (step) await effects.carryOut(step, { id: requestId, key: null });
    return reply;
  }
}
