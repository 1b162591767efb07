import { createTransport } from "nodemailer";
import { defineMixin, type Mixin } from "../../core/contract.ts";
import { messageId, type Letter } from "./message.ts";

/** How many connections to the mail server are open at a time. */
const CONNECTIONS = 3;
/** How long the server may take to answer at each step, ms. */
const STEP_WITHIN = 15_000;
/** How long one letter may take, its wait for a connection included, ms. */
export const SEND_WITHIN = 60_000;

/** Takes letters to the mail server. */
export interface Post {
  /** Resolves when the server has taken the letter over (its 250). Throws for `refusedForGood`, or what may pass. */
  send(id: string, letter: Letter, at: number): Promise<void>;
}

/**
 * `this.post`: over SMTP_URL; null where that is unset. Listed after the sweeper, it closes when the letters that are
 * on their way have arrived: a connection cut between DATA and its 250 would send one twice.
 */
export function PostOffice(): Mixin<{ post: Post | null }> {
  return defineMixin<{ post: Post | null; $smtp?: { close(): void } }>({
    created() {
      const { SMTP_URL, MAIL_FROM } = this.config;
      this.post = null;
      if (!SMTP_URL) return;
      const smtp = createTransport({
        url: SMTP_URL,
        pool: true,
        maxConnections: CONNECTIONS,
        // How often and when a letter is tried again is decided in one place, and that is not here.
        maxRequeues: 0,
        connectionTimeout: STEP_WITHIN,
        greetingTimeout: STEP_WITHIN,
        socketTimeout: STEP_WITHIN,
        disableFileAccess: true,
        disableUrlAccess: true,
      } as object);
      this.$smtp = smtp;
      this.post = {
        send: async (id, { to, subject, text, html }, at) => {
          const late = new AbortController();
          const timer = this.runtime.after(SEND_WITHIN, () => late.abort());
          const letter = {
            from: MAIL_FROM,
            to: { name: "", address: to },
            subject,
            text,
            html,
            messageId: messageId(id, MAIL_FROM),
            date: new Date(at),
            headers: { "Auto-Submitted": "auto-generated" },
            signal: late.signal,
          };
          await smtp.sendMail(letter).finally(() => timer.cancel());
        },
      };
    },
    async stopped() {
      this.$smtp?.close();
    },
  });
}

/** The server has said that it will never take this letter: nobody is at that address, or it refuses what is in it. */
export function refusedForGood(error: unknown): boolean {
  const { code, responseCode = 0 } = (error ?? {}) as { code?: string; responseCode?: number };
  return (code === "EENVELOPE" || code === "EMESSAGE") && responseCode >= 500;
}

/** What may be logged of a failure: servers repeat addresses in their words. */
export function troubleOf(error: unknown): string {
  const { code, name, responseCode } = (error ?? {}) as { code?: string; name?: string; responseCode?: number };
  return [code ?? name ?? "Error", responseCode].filter(Boolean).join(" ");
}
