import type { ApiError } from "./errors.ts";
import type { EventType, Subject } from "./records.ts";

/** What a decision takes from outside, so that it is a pure function of it. */
export interface Given {
  /** Now, ms since the epoch. */
  at: number;
  /** A new random id with this prefix. */
  id(prefix: string): string;
}

/** What a decision comes to: new versions of objects, and the events that tell of it, each with its object as of then. */
export interface Step<S extends Subject = Subject> {
  /** What the request asked about, as it is now. */
  result: S;
  put: readonly Subject[];
  events: readonly (readonly [EventType, Subject])[];
  /** A change whose reply is an error: a declined card. */
  error?: ApiError;
}
