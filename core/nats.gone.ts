import type { ServiceBroker } from "moleculer";
import type { NatsConnection } from "nats";
import type { World } from "./broker.ts";
import type { Timer } from "./runtime.ts";

/** How often nodes that owe an answer since the last time are asked for a sign of life, ms. */
const ASK_EVERY = 300;
/** What NATS itself answers where nobody listens. */
const NO_RESPONDERS = 503;

/**
 * Notices at once that a process has died. By itself Moleculer waits until heartbeats are missing, and each call to the
 * dead node until then ends with its timeout. But NATS knows whose connection is gone: what is sent where nobody listens
 * it sends back, if it was told where to. So the node is struck off, the calls that it owes an answer fail at once, and
 * those that are idempotent go to another. A node that was struck off and is alive comes back with its next heartbeat, and
 * at once where its own connection was away.
 */
export class GoneNodes {
  readonly #inbox: string;
  readonly #asking: Timer;
  /** The calls that had no answer at the last look. */
  #pending = new Set<string>();

  constructor(client: NatsConnection, broker: ServiceBroker & World) {
    this.#inbox = `_INBOX.gone.${broker.runtime.id()}`;
    client.subscribe(`${this.#inbox}.>`, {
      callback: (error, message) => {
        if (error || message.headers?.code !== NO_RESPONDERS) return;
        broker.registry.discoverer.remoteNodeDisconnected(message.subject.slice(this.#inbox.length + 1), true);
      },
    });
    void announceReturns(client, broker);
    this.#asking = broker.runtime.every(ASK_EVERY, () => {
      const { pendingRequests } = broker.transit!;
      const owing = [...pendingRequests].filter(([id]) => this.#pending.has(id)).map(([, { nodeID }]) => nodeID);
      for (const node of new Set(owing)) broker.transit!.sendPing(node).catch(() => {});
      this.#pending = new Set(pendingRequests.keys());
    });
  }

  /** Where NATS tells that this node does not listen any more. */
  addressOf(node: string): string {
    return `${this.#inbox}.${node}`;
  }

  end(): void {
    this.#asking.cancel();
  }
}

async function announceReturns(client: NatsConnection, broker: ServiceBroker): Promise<void> {
  for await (const { type } of client.status())
    if (type === "reconnect" && broker.started) await broker.registry.discoverer.sendLocalNodeInfo();
}
