import { constants, gunzipSync, gzipSync } from "node:zlib";
import { Serializers } from "moleculer";

/** From here on a message is compressed, bytes: NATS takes 1 MiB, and a page of documents may be more. */
const LARGE = 65_536;
/** What gzip begins with, and JSON never. */
const GZIP = 0x1f;
const FAST = { level: constants.Z_BEST_SPEED };
/** With what JSONExt begins a string that stands for something else; within JSON a string begins with a quote. */
const MARK = Buffer.from('"[[');

/**
 * What calls and hints look like between processes. What arrives is equal to what was sent, as it is in one process:
 * JSON's values, and Date, Buffer, Map, Set, BigInt and RegExp at any depth. These differ: a field that is `undefined`
 * does not arrive, which reads alike; `undefined` in an array, NaN and the infinities become null; a class becomes a
 * plain object. Contracts are JSON Schema, so what is stored and what lies on the bus is JSON alone: a time is a number
 * of milliseconds or ISO 8601, bytes are base64. There a Date would become its ISO 8601 text on the bus, and stay one
 * in both stores.
 *
 * Moleculer's JSONExt costs four times as much as JSON, since it looks at each value through a function of ours. Nearly
 * all messages hold nothing but JSON, which is cheap to find out, and then JSON it is: 4 µs a request and 8 µs an order
 * in a reply, there and back, instead of 14 and 22.
 */
export class WireSerializer extends Serializers.Base {
  readonly #rich = new Serializers.JSONExt();

  serialize(message: unknown): Buffer {
    const bytes = isJson(message) ? Buffer.from(JSON.stringify(message)) : this.#rich.serialize(message);
    return bytes.length > LARGE ? gzipSync(bytes, FAST) : bytes;
  }

  deserialize(message: Buffer): unknown {
    const bytes = message[0] === GZIP ? gunzipSync(message) : message;
    return bytes.includes(MARK) ? this.#rich.deserialize(bytes) : JSON.parse(bytes.toString());
  }
}

/** Only what JSON carries, and no string that could be taken for a mark. */
function isJson(value: unknown): boolean {
  if (typeof value === "string") return !value.startsWith("[[");
  if (typeof value === "bigint") return false;
  if (typeof value !== "object" || value === null) return true;
  if (Array.isArray(value)) return value.every(isJson);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  for (const field in value) if (!isJson(value[field as keyof typeof value])) return false;
  return true;
}
