import { createHash } from "node:crypto";

/** Bytes that the seed alone decides, so that every start makes the same files and the same keys. */
export const seededBytes = (seed: string, count: number): Buffer =>
  createHash("shake256", { outputLength: count }).update(seed).digest();

/** An endless supply of numbers in [0, 1) that the seed alone decides. */
export function seededNumbers(seed: string): () => number {
  const block = 8192;
  let bytes: Buffer = Buffer.alloc(0);
  let used = 0;
  let blocks = 0;
  return () => {
    if (used === bytes.length) {
      bytes = seededBytes(`${seed}:${blocks++}`, block);
      used = 0;
    }
    used += 2;
    return bytes.readUInt16LE(used - 2) / 2 ** 16;
  };
}
