import type { CallingOptions, Context, Service, ServiceSchema } from "moleculer";
import type { Static, TObject, TSchema } from "typebox";
import type { Config } from "./config.ts";
import type { Envelope } from "./facts.ts";
import type { ErrorType } from "./errors.ts";
import type { Runtime } from "./runtime.ts";
import type { Secrets } from "./secrets.ts";

/**
 * What a service promises, written once as JSON Schema: the types of every call, fact, result and `this`,
 * Moleculer's validation, the OpenAPI document and the storefront's client all follow from it.
 */
export interface ActionContract {
  params: TObject | TSchema;
  returns: TSchema;
  /** The coded errors it may answer with, beside those every route has. */
  errors?: readonly ErrorType[];
  /** Publishes it over HTTP, `"METHOD /api/path/:param"`. Without it the action is internal. */
  rest?: string;
  /** Who may come in by HTTP. `anyone` includes guests; the service itself judges whose things they are. */
  auth?: "anyone" | "user" | "admin";
  /** The HTTP status of success, 200 when left out. 204 has no body. */
  status?: 200 | 201 | 202 | 204;
  /** One line for the OpenAPI document. */
  summary?: string;
  /** Repeating it changes nothing, so that the broker may retry it when a node is lost. What is read by GET always is. */
  idempotent?: true;
}

export interface ServiceContract {
  name: string;
  actions: Record<string, ActionContract>;
  /** Durable past facts, `entity.happened`, owned by this service; no personal data, no secrets. */
  events?: Record<string, TSchema>;
  /** Ephemeral notices to every node: they may be lost and carry no state, so readers ask the owner. */
  hints?: Record<string, TSchema>;
}

/** Identity: keeps the literal types of a contract. */
export const contract = <const C extends ServiceContract>(c: C): C => c;

/** Who is calling: set by the gateway, trusted between services. */
export interface Meta {
  user?: { id: string; name: string; roles: ("buyer" | "seller" | "admin")[] };
  /** Orders whose guest token the caller showed and the gateway verified. */
  guestOrders?: string[];
  /** The caller's address, for throttles. */
  ip?: string;
  /** Who acts through the operators' tools; set there alone. */
  operator?: string;
  /** The language that the caller's browser asks for; unset when it asks for none that we speak. */
  lang?: "en" | "de";
  /** The caller's browser and system in short words, "Firefox on Linux"; for accounts alone. */
  device?: string;
  /** The refresh token of the caller's cookie, for accounts alone: signing out, and which session is this one. */
  refresh?: string;
  /** What the callee asks of the HTTP reply: another status, session cookies set or (null) cleared. */
  reply?: { status?: number; session?: { access: string; refresh: string } | null };
}

type Table = Record<string, ServiceContract>;
type Actions<All extends Table> = {
  [S in keyof All & string]: { [A in keyof All[S]["actions"] & string as `${S}.${A}`]: All[S]["actions"][A] };
}[keyof All & string];
type Merge<U> = (U extends unknown ? (u: U) => void : never) extends (i: infer I) => void ? I : never;
type EventsOf<C> = C extends { events: infer E } ? E : {};
type HintsOf<C> = C extends { hints: infer H } ? H : {};
type Payload<T> = T extends TSchema ? Static<T> : never;

/** "orders.create" → its contract, for the whole table. */
export type Ops<All extends Table> = Merge<Actions<All>>;
/** "order.paid" → the schema of its data, for the whole table. */
export type Facts<All extends Table> = Merge<{ [S in keyof All]: EventsOf<All[S]> }[keyof All]>;
export type Hints<All extends Table> = Merge<{ [S in keyof All]: HintsOf<All[S]> }[keyof All]>;

export type ParamsOf<A> = A extends { params: infer P } ? Payload<P> : never;
export type ReturnsOf<A> = A extends { returns: infer R } ? Payload<R> : never;

/** A typed `call`: the name must exist, the parameters must fit, the result is known. */
export interface Caller<All extends Table> {
  call<K extends keyof Ops<All> & string>(
    name: K,
    params: ParamsOf<Ops<All>[K]>,
    opts?: CallingOptions,
  ): Promise<ReturnsOf<Ops<All>[K]>>;
}

/** A typed hint to every node. */
interface Announcer<All extends Table> {
  broadcast<K extends keyof Hints<All> & string>(name: K, payload: Payload<Hints<All>[K]>): Promise<void>;
}

type Ctx<All extends Table, P> = Omit<Context<P, Meta>, "call" | "emit" | "broadcast"> & Caller<All>;

/** A mixin says what it adds to `this`. */
export interface Mixin<Adds extends object = {}> extends Partial<ServiceSchema> {
  readonly adds?: Adds;
}
/** Types a mixin's own `this`: what it finds there (Host) and what it adds. */
export const defineMixin = <Adds extends object, Host extends object = {}>(
  schema: Lifecycle & {
    mixins?: Partial<ServiceSchema>[];
    settings?: object;
    actions?: Record<string, false>;
    methods?: Record<string, (...args: never[]) => unknown>;
    adapter?: object;
  } & ThisType<Omit<Service, "broker"> & Injected & { broker: Service["broker"] } & Host & Adds>,
): Mixin<Adds> => schema as Mixin<Adds>;

interface Lifecycle {
  created?(): void;
  started?(): Promise<void>;
  stopped?(): Promise<void>;
}

/** What core/broker.ts gives every service. */
export interface Injected {
  runtime: Runtime;
  config: Config;
  secrets: Secrets;
}

type AddsOf<M> = M extends readonly [infer Head, ...infer Tail]
  ? (Head extends Mixin<infer A> ? A : {}) & AddsOf<Tail>
  : {};

/** How a durable fact is received; `group`: one instance of the service, durable; `each`: every instance, ephemeral. */
export interface Subscription<D> {
  mode: "group" | "each";
  /** Where a new group begins: with all facts of the log, or with those from now on. */
  from?: "all" | "new";
  handler: (fact: Omit<Envelope, "data"> & { data: D }) => Promise<void>;
}

type Base<All extends Table> = Omit<Service, "broker"> & {
  broker: Omit<Service["broker"], "call" | "broadcast"> & Caller<All> & Announcer<All>;
} & Injected;

/** Holds a service to its contract: every action is there and none more; params, result and `this` are typed. */
export const serviceDefiner =
  <All extends Table>() =>
  <C extends ServiceContract>(c: C) =>
  <const Mixins extends readonly Mixin<object>[] = [], Methods extends object = {}, State extends object = {}>(
    schema: Lifecycle & {
      mixins?: Mixins;
      settings?: object;
      dependencies?: string[];
      /** The fields of `this` that `created` sets; a type alone, never a value: `state: {} as {…}`. */
      state?: State;
      actions: {
        [A in keyof C["actions"]]: (ctx: Ctx<All, ParamsOf<C["actions"][A]>>) => Promise<ReturnsOf<C["actions"][A]>>;
      };
      methods?: Methods;
      subscriptions?: { [F in keyof Facts<All> & string]?: Subscription<Payload<Facts<All>[F]>> };
      hints?: { [H in keyof Hints<All> & string]?: (payload: Payload<Hints<All>[H]>) => void };
    } & ThisType<Base<All> & Methods & State & AddsOf<Mixins>>,
  ): ServiceSchema => {
    const {
      state: _,
      hints = {},
      actions,
      ...rest
    } = schema as typeof schema & { hints?: Record<string, (payload: unknown) => void> };
    return {
      ...rest,
      name: c.name,
      events: Object.fromEntries(
        Object.entries<((payload: unknown) => void) | undefined>(hints).map(([name, handler]) => [
          name,
          function (this: Service, ctx: Context<unknown>) {
            handler!.call(this, ctx.params);
          },
        ]),
      ),
      actions: Object.fromEntries(
        Object.entries(actions).map(([name, handler]) => {
          const { params, rest: published, idempotent } = c.actions[name]!;
          return [
            name,
            {
              params,
              handler,
              visibility: published ? "published" : "public",
              ...((idempotent || published?.startsWith("GET ")) && { retryPolicy: { enabled: true } }),
            },
          ];
        }),
      ),
    } as unknown as ServiceSchema;
  };
