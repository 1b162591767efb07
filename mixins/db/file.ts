import model from "@seald-io/nedb/lib/model.js";
import type { Doc } from "./collection.ts";
import { readLines } from "../journal.ts";

/** NeDB's file format: a line a document as it was then, or `{"$$deleted":true,"_id":…}`; the last one counts. */
export const lineOf = (record: object) => `${JSON.stringify(record)}\n`;

/** The line of a document, and a copy that is just what this line will be read back as. */
export function recordOf<D extends Doc>(doc: D): { kept: D; line: string } {
  const line = lineOf(doc);
  const kept = JSON.parse(line) as D;
  model.checkObject(kept);
  return { kept, line };
}

export function* linesOf(docs: Doc[]): Generator<string> {
  for (const doc of docs) yield lineOf(doc);
}

type Line = Doc & { $$deleted?: true; $$indexCreated?: object; $$indexRemoved?: string };

/** Lines about indexes, which NeDB writes too, are passed over: the specification of the collection names them. */
export async function load<D extends Doc>(file: string): Promise<{ docs: D[]; liveBytes: number }> {
  const live = new Map<string, { doc: D; bytes: number }>();
  let number = 0;
  for await (const text of readLines(file)) {
    number++;
    const record = parsed(text);
    if (record?.$$deleted) live.delete(record._id);
    else if (typeof record?._id === "string") live.set(record._id, { doc: record as Doc as D, bytes: text.length + 1 });
    else if (!record?.$$indexCreated && !record?.$$indexRemoved) {
      throw new Error(`${file} is corrupt in line ${number}, which no crash explains: restore it from a backup`);
    }
  }
  const docs: D[] = [];
  let liveBytes = 0;
  for (const { doc, bytes } of live.values()) {
    docs.push(doc);
    liveBytes += bytes;
  }
  return { docs, liveBytes };
}

function parsed(text: string): Line | undefined {
  try {
    return JSON.parse(text) as Line;
  } catch {
    return undefined;
  }
}
