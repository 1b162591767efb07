import type { Meta } from "../core/contract.ts";

/** Callers as the gateway describes them to services. */
export const person = (id: string, roles: NonNullable<Meta["user"]>["roles"] = ["buyer"]): { meta: Meta } => ({
  meta: { user: { id, name: id.toUpperCase(), roles } },
});
export const stranger: { meta: Meta } = { meta: {} };
