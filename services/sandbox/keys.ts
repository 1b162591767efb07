import type { Secrets } from "../../core/secrets.ts";

export interface SandboxKeys {
  secretKey: string;
  publishableKey: string;
  webhookSecret: string;
}

/**
 * The sandbox's keys follow from DATA_KEY: nobody configures them, and they outlive a restart.
 * `payments` imports this file too, as the one exception to the rule that neighbours are known by contract alone:
 * both ends of a connection have to hold the same keys, and keys are nothing to hand out by a call.
 */
export const sandboxKeys = ({ hmac }: Pick<Secrets, "hmac">): SandboxKeys => ({
  secretKey: `sk_test_${hmac("sandbox", "secret key")}`,
  publishableKey: `pk_test_${hmac("sandbox", "publishable key")}`,
  webhookSecret: `whsec_${hmac("sandbox", "webhook secret")}`,
});
