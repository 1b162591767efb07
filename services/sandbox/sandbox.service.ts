import { join } from "node:path";
import type { Timer } from "../../core/runtime.ts";
import { endProcess } from "../../mixins/journal.ts";
import { defineService } from "../define.ts";
import { WEBHOOK_EVENTS } from "../payments/payments.contract.ts";
import { Effects } from "./effects.ts";
import { Handler } from "./handler.ts";
import { sandboxKeys } from "./keys.ts";
import { Renderer } from "./render.ts";
import { sandbox } from "./sandbox.contract.ts";
import { Store } from "./store.ts";
import { Webhooks } from "./webhooks.ts";

/** How often old events and Idempotency-Keys are forgotten, ms. */
const PRUNE_EVERY = 3600 * 1000;

/** Stripe's wire-API twin. Its one process is the only writer of its journal in DATA_DIR, so there is one replica of it. */
export default defineService(sandbox)({
  settings: {
    /** As on an endpoint at Stripe: types of events, or `*`. Whoever asks for the list of events gets all of them. */
    enabledEvents: WEBHOOK_EVENTS,
  },
  state: {} as { store: Store; effects: Effects; handler: Handler; pruning: Timer },
  actions: {
    request(ctx) {
      return this.handler.handle(ctx.params);
    },
  },
  async started() {
    const { runtime, config, secrets, logger } = this;
    const keys = sandboxKeys(secrets);
    const store = await Store.open({
      file: join(config.DATA_DIR, "sandbox.log"),
      now: runtime.now(),
      enabledEvents: (this.settings as { enabledEvents: string[] }).enabledEvents,
      onTorn: (file, bytes) => logger.warn(`${file}: dropped a torn last line of ${bytes} bytes`),
      onFatal: endProcess(this.broker as never),
    });
    const renderer = new Renderer(config.PUBLIC_URL, store.undelivered);
    const webhooks = new Webhooks({
      runtime,
      url: `${config.API_URL}/api/webhooks/stripe`,
      secret: keys.webhookSecret,
      faults: () => store.faults.webhooks,
      load(id) {
        const event = store.events.get(id);
        return event && { body: JSON.stringify(renderer.event(event)), at: event.at };
      },
      // Whether this was kept is no matter: the webhook would only be sent once more.
      done: (id) => void store.commit({ delivered: [id] }).catch(() => undefined),
      warn: (words) => logger.warn(words),
    });
    this.store = store;
    this.effects = new Effects(store, webhooks, runtime);
    this.handler = new Handler({
      store,
      effects: this.effects,
      renderer,
      keys,
      runtime,
      onBug: (error) => logger.error(error),
    });
    this.pruning = runtime.every(PRUNE_EVERY, () => store.prune(runtime.now()));
    this.effects.resume();
  },
  async stopped() {
    this.pruning?.cancel();
    await this.effects?.stop();
    await this.store?.close();
  },
});
