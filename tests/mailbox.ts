import type { Client } from "./client.ts";
import { eventually } from "./till.ts";

/** A letter as the developers' mailbox has it. */
export interface Mailed {
  id: string;
  to: string;
  subject: string;
  text: string;
}

/** The letters to an address, the newest first, once there are so many. */
export const mailed = (client: Client, to: string, count = 1): Promise<Mailed[]> =>
  eventually(
    async () => {
      const { rows } = await client.ok(client.get("/dev/mailbox.json"));
      return rows.filter((row: Mailed) => row.to === to) as Mailed[];
    },
    (rows) => rows.length === count,
  );

/** What the first link of a letter to such a page has after it: `linked(text, "reset")`. */
export const linked = (text: string, page: string): string => new RegExp(`/${page}/(\\S+)`).exec(text)![1]!;
