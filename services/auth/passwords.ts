import { argon2, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import { fail } from "../../core/errors.ts";
import { Semaphore } from "./semaphore.ts";

/** What one guess costs, as OWASP advises for argon2id; memory in KiB. It may be raised: hashes carry their own. */
const COST: Cost = { memory: 19_456, passes: 2, parallelism: 1 };
const SALT_BYTES = 16;
const TAG_BYTES = 32;
/** Hashing takes threads of libuv's pool of four, which files and name look-ups need as well. */
const HASHES_AT_A_TIME = 2;
/** Who waits longer than a call may last would be hashed for nobody: at 50 ms a hash this is under one second. */
const HASHES_WAITING = 32;

const PHC = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

const derive = promisify(argon2);
const turns = new Semaphore(HASHES_AT_A_TIME, HASHES_WAITING);

interface Cost {
  memory: number;
  passes: number;
  parallelism: number;
}
type Bytes = (count: number) => Buffer;

/** A PHC string, `$argon2id$v=19$m=19456,t=2,p=1$<salt>$<tag>`. Throws TRY_AGAIN when too many wait already. */
export async function hashPassword(password: string, bytes: Bytes, cost = COST): Promise<string> {
  const salt = bytes(SALT_BYTES);
  return encode(cost, salt, await tagOf(password, salt, cost, TAG_BYTES));
}

/** Whether the stored PHC string is of this password. Takes the same time either way; throws TRY_AGAIN as above. */
export async function verifyPassword(stored: string, password: string): Promise<boolean> {
  const [, memory, passes, parallelism, salt, tag] = PHC.exec(stored) ?? [];
  if (!salt || !tag) throw new Error("A stored password is no argon2id PHC string");
  const expected = Buffer.from(tag, "base64");
  const cost = { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) };
  return timingSafeEqual(expected, await tagOf(password, Buffer.from(salt, "base64"), cost, expected.length));
}

/** Whether the string was made at another cost than today's, and should be made again when the password is at hand. */
export const isOutdated = (stored: string): boolean => !stored.startsWith(prefix(COST));

/** A PHC string that no password fits, and that costs as much to try: for e-mails that have no account. */
export const decoy = (bytes: Bytes): string => encode(COST, bytes(SALT_BYTES), bytes(TAG_BYTES));

function tagOf(password: string, nonce: Buffer, cost: Cost, tagLength: number): Promise<Buffer> {
  // Keyboards disagree on how to compose an accent; NFC makes it the same password on all of them.
  const message = password.normalize("NFC");
  return turns.run(
    () => derive("argon2id", { message, nonce, tagLength, ...cost }),
    () => fail("TRY_AGAIN"),
  );
}

const prefix = ({ memory, passes, parallelism }: Cost) => `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$`;
const encode = (cost: Cost, salt: Buffer, tag: Buffer) => `${prefix(cost)}${base64(salt)}$${base64(tag)}`;
const base64 = (bytes: Buffer) => bytes.toString("base64").replace(/=+$/, "");
