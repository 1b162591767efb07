import type { Envelope } from "../../core/facts.ts";

/** A fact at its place in the log. */
export interface Entry {
  /** Counts from 1, without a gap. */
  seq: number;
  /** The group that alone is to get it: a replayed dead letter. */
  to?: string;
  /** Id and type of the fact. */
  id: string;
  type: string;
  /** The fact as JSON. */
  json: string;
}

/** `{"seq":1,"at":1700000000000,"to":"mail","fact":{…}}`, one a line; `to` in few. */
const HEAD = /^\{"seq":(\d+),"at":(\d+)/;
const FACT = ',"fact":';

/** The line of an entry that is published at `at`, ms since the epoch. */
export const lineOf = ({ seq, to, json }: Entry, at: number): string =>
  `{"seq":${seq},"at":${at}${to ? `,"to":${JSON.stringify(to)}` : ""}${FACT}${json}}\n`;

/** The start of a line, without the cost of parsing all of it. Throws when it is damaged. */
export function headOf(line: string, file: string): { seq: number; at: number } {
  const [, seq, at] = HEAD.exec(line) ?? [];
  if (!seq) throw damaged(line, file);
  return { seq: Number(seq), at: Number(at) };
}

/** Throws when the line is damaged. */
export function parseLine(line: string, file: string): Entry {
  let parsed: { seq: number; to?: string; fact: Envelope };
  try {
    parsed = JSON.parse(line);
  } catch {
    throw damaged(line, file);
  }
  const { seq, to, fact } = parsed;
  const json = line.slice(line.indexOf(FACT) + FACT.length, -1);
  return { seq, ...(to && { to }), id: fact.id, type: fact.type, json };
}

const damaged = (line: string, file: string) =>
  new Error(`${file} is damaged at the line that begins ${line.slice(0, 40)}`);
