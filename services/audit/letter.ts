import type { DeadLetter } from "../../mixins/bus/bus.ts";
import type { Letter } from "./audit.contract.ts";
import { masked } from "./mask.ts";

/** A dead letter as operators see it. */
export function toLetter({ id, group, fact, error, attempts, at }: DeadLetter): Letter {
  const told = { ...fact, at: new Date(fact.at).toISOString() };
  const shown = { type: fact.type, order: orderOf(fact), error, attempts, at: new Date(at).toISOString(), fact: told };
  return masked({ id, group, ...shown });
}

/** The order that a fact is about: its entity, or what it names. */
function orderOf({ id, data }: DeadLetter["fact"]): string | null {
  if (typeof data["order"] === "string") return data["order"];
  const [entity, _id] = id.split(":");
  return entity === "order" && _id ? _id : null;
}
