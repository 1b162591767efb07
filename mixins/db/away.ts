import { fail } from "../../core/errors.ts";

/** What the driver calls it when it cannot reach a server, or lost it in the middle of something. */
const AWAY =
  /^(Mongo(ose)?ServerSelection|MongoNetwork|MongoNetworkTimeout|MongoOperationTimeout|MongoPoolCleared|MongoWaitQueueTimeout|MongoTopologyClosed|MongoNotConnected|MongoServerClosed|MongoExpiredSession|MongoClientClosed|PoolClearedOnNetwork)Error$/;

/** What a server answers that is shutting down, has just lost an election, or has lost its majority. */
const IN_TROUBLE = new Set([
  6, 7, 64, 79, 89, 91, 100, 133, 134, 189, 262, 391, 9001, 10058, 10107, 11600, 11602, 13435, 13436,
]);

/** What Node calls it when the other side of a socket is gone; the driver does not always say it in its own words. */
const BROKEN_PIPE = /^E(PIPE|CONN|HOST|NET|TIMEDOUT|NOTFOUND|AI_AGAIN)/;

/** Whether it is the database that is away, and nothing that was asked of it. What a write did then is unknown. */
export function isAway(error: unknown): boolean {
  const { name = "", code } = (error ?? {}) as { name?: string; code?: unknown };
  return AWAY.test(name) || IN_TROUBLE.has(code as number) || (typeof code === "string" && BROKEN_PIPE.test(code));
}

/**
 * The answer to whoever asked meanwhile: TRY_AGAIN. In a log it is one line, with the driver's words instead of a stack:
 * while the database is away there are many of them.
 */
export function tryAgain(error: unknown): Error {
  const answer = fail("TRY_AGAIN");
  answer.stack = `${answer.message}: ${(error as Error).message}`;
  return answer;
}
