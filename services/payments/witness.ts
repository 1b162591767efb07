import { typeOf } from "../../core/errors.ts";
import type { Runtime, Timer } from "../../core/runtime.ts";
import type { Change, Store } from "../../core/store.ts";
import type { Collection } from "../../mixins/db/collection.ts";
import type { Provider } from "./flow.ts";
import type { Intent, Payment, PaymentMoment, ProviderCall } from "./payment.machine.ts";

/** How many changes and calls of a payment are kept, the latest. */
const KEPT = 50;
/** Calls within this time are written together, ms. They are for people to read: a crash may take the last ones. */
const WRITE_AFTER = 500;

/** The same store; each change of a payment notes in the same write when it happened. */
export function witnessedStore(store: Store<Payment>, now: () => number): Store<Payment> {
  const moment = (state: Payment["state"], note: string): PaymentMoment => ({
    at: now(),
    state,
    ...(note && { note }),
  });
  return {
    get: (id) => store.get(id),
    insert: (doc, facts) => store.insert({ ...doc, history: [moment(doc.state, "")] }, facts),
    write(doc, change) {
      const { set } = change;
      const history = [...(doc.history ?? []), moment(set.state ?? doc.state, noteOf(change))].slice(-KEPT);
      return store.write(doc, { ...change, set: { ...set, history } });
    },
  };
}

function noteOf({ set: { intent, attempt, error, refund } }: Change<Payment>): string {
  const notes = [
    intent && `intent ${intent}`,
    attempt && `attempt ${attempt}`,
    error && `declined ${error.code}`,
    refund && `refund ${refund.id} ${refund.status}`,
  ];
  return notes.filter(Boolean).join(", ");
}

/** The same provider; `keep` is told of every call, by the payment it was for. */
export function witnessedProvider(
  provider: Provider,
  now: () => number,
  keep: (payment: string, call: ProviderCall) => void,
): Provider {
  type About = { name: ProviderCall["name"]; payment: string | undefined; attempt?: number };
  async function told<T>(
    { name, payment, attempt }: About,
    ask: () => Promise<T>,
    tell: (answer: T) => string,
    whose: (answer: T) => string | undefined = () => undefined,
  ): Promise<T> {
    const at = now();
    const note = (outcome: string, id: string | undefined) => {
      const call = { at, name, ...(attempt !== undefined && { attempt }), outcome, ms: now() - at };
      if (id !== undefined) keep(id, call);
    };
    try {
      const answer = await ask();
      note(tell(answer), payment ?? whose(answer));
      return answer;
    } catch (error) {
      note(kindOf(error), payment);
      throw error;
    }
  }
  const seen = ({ id, status }: { id: string; status: string }) => `${id} ${status}`;
  const owner = ({ metadata }: Intent) => metadata["order"];
  return {
    create(params) {
      const { order, attempt } = params;
      return told({ name: "create", payment: order, attempt }, () => provider.create(params), seen);
    },
    retrieve: (intent, payment) =>
      told({ name: "retrieve", payment }, () => provider.retrieve(intent, payment), seen, owner),
    cancel: (intent, payment) =>
      told(
        { name: "cancel", payment },
        () => provider.cancel(intent, payment),
        () => `${intent} asked`,
      ),
    refund(payment) {
      const { _id, attempt } = payment;
      return told({ name: "refund", payment: _id, attempt }, () => provider.refund(payment), seen);
    },
  };
}

/** What is kept of a failure: its kind, never its words. */
function kindOf(error: unknown): string {
  const { type, code, name } = (error ?? {}) as { type?: string; code?: unknown; name?: string };
  return `failed: ${typeOf(error) ?? ([type ?? name, code].filter(Boolean).join(" ") || "Error")}`;
}

interface Host {
  db: Pick<Collection<Payment>, "claim">;
  runtime: Runtime;
  logger: { warn(...words: unknown[]): void };
}

/** Writes provider calls into their payments, beside the versioned writes: no decision waits for it, and none is guarded by it. */
export class CallLog {
  readonly #host: Host;
  readonly #kept = new Map<string, ProviderCall[]>();
  #timer: Timer | undefined;

  constructor(host: Host) {
    this.#host = host;
  }

  add(payment: string, call: ProviderCall): void {
    const calls = this.#kept.get(payment);
    if (calls) calls.push(call);
    else this.#kept.set(payment, [call]);
    this.#timer ??= this.#host.runtime.after(WRITE_AFTER, () => void this.flush());
  }

  /** Writes what is not written yet. Never rejects. */
  async flush(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = undefined;
    const kept = [...this.#kept];
    this.#kept.clear();
    const write = ([_id, calls]: (typeof kept)[number]) =>
      this.#host.db.claim({ _id }, { $push: { calls: { $each: calls, $slice: -KEPT } } });
    await Promise.all(kept.map(write)).catch((error: unknown) =>
      this.#host.logger.warn("Calls to the provider could not be noted", error),
    );
  }
}
