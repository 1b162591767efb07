/**
 * A durable past fact as it lies in the outbox and travels on the bus.
 * Fields are added, never renamed or retyped; a projection ignores a lower `v`.
 */
export interface Envelope {
  /** `<entity>:<_id>:<version>:<n>`: also the message id, so that publishing twice is publishing once. */
  id: string;
  /** `entity.happened`. */
  type: string;
  /** The version of the schema of `data`. */
  schema: 1;
  /** When it happened, ms since the epoch. */
  at: number;
  /** The version of the entity after the change. */
  v: number;
  data: Record<string, unknown>;
}
