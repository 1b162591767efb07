import { Transporters, type ServiceBroker } from "moleculer";
import type { ConnectionOptions, NatsConnection } from "nats";
import type { World } from "./broker.ts";
import { GoneNodes } from "./nats.gone.ts";
import { within } from "./runtime.ts";
import { patiently, RETRY_AFTER, troublesOf } from "./trouble.ts";

/** A server that does not greet by then is away, ms. */
const CONNECT_WITHIN = 3000;
/** How often a silent server is asked for a sign of life, ms. It is given up after the third one that is missing. */
const PING_EVERY = 2000;
/** How long a stop waits for a server that may be away, ms. */
const FLUSH_WITHIN = 1000;

/**
 * What NATS_URL says: `nats://user:password@host:port`, `tls://` for an encrypted connection, several hosts with commas.
 * The client itself would take the host alone.
 */
export function natsOptions(url: string): ConnectionOptions {
  const hosts = url.split(",").map((part) => new URL(part.includes("://") ? part : `nats://${part}`));
  const { protocol, username, password } = hosts[0]!;
  return {
    servers: hosts.map(({ host }) => host),
    ...(username && { user: decodeURIComponent(username), pass: decodeURIComponent(password) }),
    ...(protocol === "tls:" && { tls: {} }),
    timeout: CONNECT_WITHIN,
    pingInterval: PING_EVERY,
    maxPingOut: 2,
    maxReconnectAttempts: -1,
    // By itself the client draws a stack trace for each request, should it fail.
    noAsyncTraces: true,
    reconnectTimeWait: RETRY_AFTER,
    // By itself the client ends a connection for good whose credentials were refused twice: they may be put right.
    ignoreAuthErrorAbort: true,
  };
}

/**
 * Waits for the server as long as it takes, and says what it waits for. Rejects when the broker is told to stop.
 * `lost` is called whenever the connection breaks; it mends itself.
 */
export async function connectNats(
  broker: ServiceBroker & World,
  name: string,
  lost: () => void = () => {},
): Promise<NatsConnection> {
  const troubles = troublesOf(broker);
  // Loaded here alone: a single process does without.
  const { connect } = await import("nats");
  const connection = await patiently(broker, "NATS_URL", () =>
    connect({ ...natsOptions(broker.config.NATS_URL!), name }),
  );
  void watch(connection);
  return connection;

  async function watch(connection: NatsConnection): Promise<void> {
    for await (const { type } of connection.status()) {
      if (type === "disconnect") {
        if (!broker.stopping) troubles.met("NATS_URL", { code: "DISCONNECT" });
        lost();
      }
      if (type === "reconnect") troubles.over("NATS_URL");
    }
  }
}

/** Moleculer's transporter on connections of ours: it waits for its server at the start, and for none at the end. */
export class NatsTransporter extends Transporters.NATS {
  declare readonly broker: ServiceBroker & World;
  #gone: GoneNodes | undefined;

  override async connect(): Promise<void> {
    const client = await connectNats(this.broker, this.broker.nodeID, () => this.#abandon());
    this.client = client;
    this.#gone = new GoneNodes(client, this.broker);
    void client.closed().then(() => (this.connected = false));
    await this.onConnected();
  }

  override async send(topic: string, data: Buffer, { packet }: { packet?: { target?: string | null } } = {}) {
    const client = this.client as NatsConnection | null;
    const reply = packet?.target ? this.#gone?.addressOf(packet.target) : undefined;
    client?.publish(topic, data, reply ? { reply } : undefined);
  }

  override async disconnect(): Promise<void> {
    const client = this.client as NatsConnection | null;
    if (!client) return;
    this.#gone?.end();
    await within(
      this.broker.runtime,
      FLUSH_WITHIN,
      client.flush().catch(() => {}),
    );
    await client.close();
    this.client = null;
  }

  /** An answer may have got lost with the connection: who waits for one asks again, or is told to, and waits no longer. */
  #abandon(): void {
    const { pendingRequests } = this.transit;
    for (const node of new Set([...pendingRequests.values()].map(({ nodeID }) => nodeID)))
      this.transit.removePendingRequestByNodeID(node);
  }
}
