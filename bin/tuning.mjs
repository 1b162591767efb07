// How Node runs the shop: with less memory, and from compiled code. `npm run bench` shows what comes of it.
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * On a large machine V8 lets garbage pile up before it looks. Here the heap may grow by so much over what is alive; the
 * first 64 MB of it are for the start, which leaves no garbage behind.
 */
export const flags = ["--max-semi-space-size=16", "--heap-growing-percent=60", "--initial-old-space-size=64"];

/** A process of the cluster runs few services: its heap may stay small. */
export const podFlags = ["--max-semi-space-size=4", "--heap-growing-percent=60"];

export const settings = {
  // Passwords are hashed in blocks of 19 MB. After the first of them glibc keeps such blocks for later instead of
  // giving them back, some 100 MB in all; a fixed threshold ends that. Other C libraries take no notice.
  MALLOC_MMAP_THRESHOLD_: "131072",
  MALLOC_ARENA_MAX: "2",
  // A start costs a third less once an earlier one has written it.
  NODE_COMPILE_CACHE: join(dirname(dirname(fileURLToPath(import.meta.url))), "node_modules", ".cache", "compile"),
};
