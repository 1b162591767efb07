import { Type, type TObject } from "typebox";
import type { Envelope } from "./facts.ts";

/** A document whose every change is one guarded write (R1, R3). */
export interface Versioned {
  _id: string;
  /** Counts the changes, from 1. */
  v: number;
  /** Facts of these changes that are not yet known to lie on the bus. */
  outbox?: Envelope[];
  /** When the sweeper looks again, as `dueKey`; absent when the document rests. */
  due?: string;
}

/** A past fact before it has its envelope. */
export interface Fact {
  type: string;
  data: Record<string, unknown>;
}

/** What a pure decision asks for: fields to set and to remove, and the facts that the change makes true. */
export interface Change<D extends Versioned> {
  set: Partial<Omit<D, "_id" | "v" | "outbox" | "due">>;
  unset?: (keyof D & string)[];
  facts?: Fact[];
}

/** The store that the sagas are written against: the outbox mixin in the services, plain memory in the model check. */
export interface Store<D extends Versioned> {
  get(id: string): Promise<D | null>;
  /** False when the id is taken: then nothing is written. */
  insert(doc: Omit<D, "v" | "outbox" | "due">, facts?: Fact[]): Promise<boolean>;
  /** Applies a change to the very version it was decided on; null when somebody else was faster, and nothing is written. */
  write(doc: D, change: Change<D>): Promise<D | null>;
}

/** An order-preserving, unique key for a time: the sweeper reads the range below now. */
export const dueKey = (at: number, id: string): string =>
  `${String(Math.max(0, Math.floor(at))).padStart(15, "0")}:${id}`;

/** An ordered secondary key: sorts by time within its owner, and is unique by the document's id. */
export const orderedKey = (owner: string, at: number, id: string): string =>
  `${owner}:${String(at).padStart(15, "0")}:${id}`;

/** The range of all keys that begin with this owner. */
export const keysOf = (owner: string): { $gt: string; $lt: string } => ({ $gt: `${owner}:`, $lt: `${owner};` });

/** The fields of a document, complete by type, as a schema that leaves their values to the type checker. */
export const fieldsOf = <D>(names: { [K in keyof Required<D>]: true }): TObject =>
  Type.Object(Object.fromEntries(Object.keys(names).map((name) => [name, Type.Optional(Type.Unknown())])));
