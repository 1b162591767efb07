import type { Service, ServiceBroker } from "moleculer";
import type { World } from "../../core/broker.ts";
import type { Mixin, Subscription } from "../../core/contract.ts";
import type { Envelope } from "../../core/facts.ts";

/** How long a fact waits after its first, second, … failed attempt, ms: some 20 minutes in all, then it is a dead letter. */
const BACKOFF = [100, 500, 2000, 10_000, 30_000, 60_000, 120_000, 300_000, 600_000];
/** JetStream: a fact whose holder gave no sign of life for so long goes to another instance, ms. */
const ACK_WAIT = 10_000;

/** What a service finds as `this.bus`. */
export interface BusHandle {
  /**
   * Resolves when the facts lie durably in the log, in this order. A fact whose id was published within the last two
   * minutes is not published again.
   */
  publish(facts: Envelope[]): Promise<void>;
  /** Facts that a group could not handle, for an operator to look at. */
  dead: DeadLetters;
}

export interface DeadLetters {
  /** The oldest first, at most 1000. */
  list(): Promise<DeadLetter[]>;
  /** Publishes the fact again, for its group alone, with all attempts. Throws NOT_FOUND. */
  replay(id: string): Promise<void>;
  /** Forgets it. Throws NOT_FOUND. */
  drop(id: string): Promise<void>;
}

export interface DeadLetter {
  id: string;
  /** The service that could not handle it. */
  group: string;
  /** The fact as it was published. */
  fact: Envelope;
  /** What the last attempt failed with. */
  error: { type: string; message: string };
  attempts: number;
  /** When it was given up, ms since the epoch. */
  at: number;
}

/** What of an error is kept; it may have come from another node. */
export function describe(error: unknown): DeadLetter["error"] {
  const { type, name, message } = (error ?? {}) as { type?: string; name?: string; message?: string };
  return { type: type || name || "Error", message: message ?? String(error) };
}

/** Who gets facts: a group, which has one position in the log for all its instances, or a single instance. */
export interface Subscriber {
  /** Null: an instance of its own, which gets what is published from now on and leaves nothing behind. */
  group: string | null;
  /** The types of facts it gets, and where a new group begins. */
  topics: Map<string, "all" | "new">;
  /** The fact is acknowledged when this resolves, and comes again when it rejects. */
  deliver(fact: Envelope): Promise<void>;
  backoff: readonly number[];
  ackWait: number;
}

/**
 * Where the log lies. Every backend delivers at least once, facts of one entity one after the other in the order of
 * their publication as long as none fails; a failing fact holds nobody else up.
 */
export interface Backend extends BusHandle {
  /** Resolves when the subscription is durable; ends it with what it returns, which waits for handlers in flight. */
  subscribe(subscriber: Subscriber): Promise<() => Promise<void>>;
  close(): Promise<void>;
}

export interface BusOptions {
  backoff?: readonly number[];
  ackWait?: number;
}

interface Host extends Service {
  bus: BusHandle;
  /** Lets the handlers begin. */
  $begin?: () => void;
  $leave?: (() => Promise<void>)[];
}
type Handled = Record<string, Subscription<unknown>>;

/**
 * Durable facts: `this.bus.publish`, and `subscriptions` in the schema. They are received when everything else of the
 * service is started, until before anything of it stops; publishing works from the first `started` to the last `stopped`.
 * A handler must come to an end, well or badly: until then later facts of its entity wait, and so may others.
 */
export function Bus({ backoff = BACKOFF, ackWait = ACK_WAIT }: BusOptions = {}): Mixin<{ bus: BusHandle }> {
  function open(this: Host) {
    return acquire(this.broker);
  }
  async function receive(this: Host) {
    const { subscriptions = {} } = this.schema as { subscriptions?: Handled };
    const backend = await backendOf(this.broker);
    // Handlers call other services of the process: until these are started too, the first facts wait.
    const begun = new Promise<void>((resolve) => (this.$begin = resolve));
    if (this.broker.started) this.$begin!();
    else this.broker.localBus.once("$broker.started", this.$begin!);
    const subscribe = async (group: string | null, mode: Subscription<unknown>["mode"]) => {
      const own = Object.entries(subscriptions).filter(([, subscription]) => subscription.mode === mode);
      const topics = new Map(own.map(([type, { from = "all" }]) => [type, from]));
      const deliver = async (fact: Envelope) => {
        await begun;
        await subscriptions[fact.type]!.handler.call(this, fact as never);
      };
      if (own.length) this.$leave!.push(await backend.subscribe({ group, topics, deliver, backoff, ackWait }));
    };
    this.$leave = [];
    await subscribe(this.name, "group");
    await subscribe(null, "each");
  }
  async function leave(this: Host) {
    this.$begin?.();
    await Promise.all(this.$leave?.map((end) => end()) ?? []);
  }
  function close(this: Host) {
    return release(this.broker);
  }
  return {
    merged(schema: { created: unknown; started: unknown; stopped: unknown }) {
      // Moleculer starts the last mixin first and stops it last. The bus is not to depend on that.
      schema.started = [open, schema.started, receive].flat().filter(Boolean);
      schema.stopped = [close, schema.stopped, leave].flat().filter(Boolean);
    },
    created(this: Host) {
      const { broker } = this;
      this.bus = {
        publish: async (facts) => (await backendOf(broker)).publish(facts),
        dead: {
          list: async () => (await backendOf(broker)).dead.list(),
          replay: async (id) => (await backendOf(broker)).dead.replay(id),
          drop: async (id) => (await backendOf(broker)).dead.drop(id),
        },
      };
    },
  } as unknown as Mixin<{ bus: BusHandle }>;
}

/** One backend for all services of a broker, open while at least one of them uses it. */
interface Shared {
  users: number;
  backend: Promise<Backend> | undefined;
  closed: Promise<void>;
}
const all = new WeakMap<object, Shared>();

async function acquire(broker: ServiceBroker): Promise<void> {
  let shared = all.get(broker);
  if (!shared) all.set(broker, (shared = { users: 0, backend: undefined, closed: Promise.resolve() }));
  shared.users++;
  await (shared.backend ??= shared.closed.then(() => openBackend(broker)));
}

async function release(broker: ServiceBroker): Promise<void> {
  const shared = all.get(broker)!;
  if (--shared.users > 0) return;
  const backend = shared.backend!;
  shared.backend = undefined;
  await (shared.closed = backend.then((open) => open.close()));
}

function backendOf(broker: ServiceBroker): Promise<Backend> {
  return (
    all.get(broker)?.backend ??
    Promise.reject(new Error("The bus is not open: its service is not started, or is stopped"))
  );
}

async function openBackend(broker: ServiceBroker): Promise<Backend> {
  const { config } = broker as ServiceBroker & World;
  if (!config.NATS_URL) return (await import("./log.ts")).openLog(broker as ServiceBroker & World);
  return (await import("./jetstream.ts")).openJetStream(broker as ServiceBroker & World);
}
