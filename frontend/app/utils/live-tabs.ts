import { LiveStream, union, type LiveEvent, type Topics } from "./live-stream.ts";
import { uuid } from "./uuid.ts";

type Message =
  | { kind: "want"; tab: string; topics: Topics }
  | { kind: "gone"; tab: string }
  | { kind: "who" }
  | { kind: "event"; event: LiveEvent };

const NAME = "holdfast.live";
const SETTLE_MS = 50;

/**
 * One event stream for all tabs of the shop, since a browser allows six connections a host. The tab that holds the
 * lock listens for everybody and relays; when it goes, the next in line takes over and asks who wants what. Where
 * locks are missing (pages served by plain http) every tab listens for itself.
 */
export class LiveTabs {
  readonly #id = uuid();
  readonly #hear: (event: LiveEvent) => void;
  readonly #wants = new Map<string, Topics>();
  readonly #last = new Map<string, LiveEvent>();
  readonly #stream = new LiveStream((event) => this.#tell(event));
  #own: Topics | undefined;
  #channel: BroadcastChannel | undefined;
  #leads = false;
  #resign: (() => void) | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(hear: (event: LiveEvent) => void) {
    this.#hear = hear;
    this.#start();
    // A page in the back/forward cache must hold neither lock nor connection.
    addEventListener("pagehide", () => this.#stop());
    addEventListener("pageshow", (event: PageTransitionEvent) => event.persisted && this.#start());
  }

  want(topics: Topics): void {
    this.#own = topics;
    this.#note(this.#id, topics);
    this.#post({ kind: "want", tab: this.#id, topics });
  }

  #start(): void {
    if (!navigator.locks) return this.#lead();
    this.#channel = new BroadcastChannel(NAME);
    this.#channel.onmessage = ({ data }: MessageEvent<Message>) => this.#receive(data);
    if (this.#own) this.want(this.#own);
    const turn = new AbortController();
    const held = new Promise<void>((resolve) => {
      this.#resign = () => {
        turn.abort();
        resolve();
      };
    });
    navigator.locks
      .request(NAME, { signal: turn.signal }, () => {
        this.#lead();
        return held;
      })
      .catch(() => {}); // Aborted while it waited: this page is going.
  }

  #stop(): void {
    this.#post({ kind: "gone", tab: this.#id });
    this.#leads = false;
    this.#stream.close();
    this.#wants.clear();
    this.#resign?.();
    this.#channel?.close();
    this.#channel = undefined;
  }

  #lead(): void {
    this.#leads = true;
    if (this.#own) this.#note(this.#id, this.#own);
    this.#post({ kind: "who" });
  }

  #receive(message: Message): void {
    if (message.kind === "event") return this.#hear(message.event);
    if (message.kind === "who") return this.#own && this.want(this.#own);
    if (message.kind === "want") this.#note(message.tab, message.topics);
    else this.#wants.delete(message.tab);
  }

  #note(tab: string, topics: Topics): void {
    if (!this.#leads) return;
    this.#wants.set(tab, topics);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#follow(), SETTLE_MS);
  }

  /** An open stream that covers the new wish sends nothing by itself, so what it said last is said again. */
  #follow(): void {
    if (!this.#leads) return;
    if (this.#stream.follow(union(this.#wants.values()))) this.#last.clear();
    else for (const event of this.#last.values()) this.#share(event);
  }

  #tell(event: LiveEvent): void {
    if (event.type === "stock") this.#last.set(event.data.itemId, event);
    if (event.type === "order") this.#last.set(event.data.id, event);
    this.#share(event);
  }

  #share(event: LiveEvent): void {
    this.#hear(event);
    this.#post({ kind: "event", event });
  }

  #post(message: Message): void {
    this.#channel?.postMessage(message);
  }
}
