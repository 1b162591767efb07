import type { Readable } from "node:stream";
import { fail } from "../../core/errors.ts";

const BLOB = /^[0-9a-f]{64}$/;

export interface Stored {
  /** Names the bytes: their SHA-256, so that the same bytes are kept once. */
  blob: string;
  size: number;
  sha256: string;
}

/** The first and the last byte, both included. */
export interface ByteRange {
  start?: number;
  end?: number;
}

/** Content-addressed bytes, in a folder or in an object store. Throws TRY_AGAIN where the store cannot do it just now. */
export interface FileStore {
  /** Resolves when the store can be used; otherwise throws what is wrong, in words for an operator. */
  connect(): Promise<void>;
  /**
   * Keeps the bytes of a stream; resolves when they are safe, and nothing stays behind otherwise.
   * Throws TOO_LARGE past `maxBytes`; the rest of a request is then left unread, and it can still be answered.
   */
  put(stream: Readable, options?: { maxBytes?: number }): Promise<Stored>;
  /** The bytes of a range; all of them by default. Throws NOT_FOUND. */
  open(blob: string, range?: ByteRange): Promise<Readable>;
  /** The size in bytes, or null when there is no such file. */
  stat(blob: string): Promise<{ size: number } | null>;
  /** Removes the bytes, for everybody who stored the same ones: whether anyone needs them is for the caller to know. */
  remove(blob: string): Promise<void>;
  /** Removes uploads that a crash cut off. */
  tidy(): Promise<void>;
  close(): void;
}

export const isBlob = (name: string): boolean => BLOB.test(name);

/** A name that is no SHA-256 leads nowhere, above all not out of the store. Throws NOT_FOUND. */
export function checked(blob: string): string {
  if (!isBlob(blob)) throw fail("NOT_FOUND");
  return blob;
}
