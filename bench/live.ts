import type { IncomingMessage } from "node:http";
import { request } from "node:http";
import { atMost, type Claim } from "./claims.ts";
import { crowd, quiet, residentOf } from "./meter.ts";
import { send, textOf } from "./person.ts";
import { withCatalogue, withShop } from "./shops.ts";

/** People who watch at the same time, and what each of them watches. */
const STREAMS = 1000;
const ITEMS = 50;
const AT_A_TIME = 50;

/** What open streams of server-sent events cost the gateway. */
export const live = (): Promise<Claim[]> =>
  withCatalogue(ITEMS, (dir) =>
    withShop(
      async ({ url, pid }) => {
        const { rows } = JSON.parse(await textOf(await send(`${url}/api/items?pageSize=${ITEMS}`))) as {
          rows: { id: string }[];
        };
        const address = `${url}/api/live?items=${rows.map(({ id }) => id).join()}`;
        (await open(address)).destroy();
        await quiet(pid);
        const before = residentOf(pid);
        const streams: IncomingMessage[] = [];
        await crowd(STREAMS, AT_A_TIME, async () => streams.push(await open(address)));
        await quiet(pid);
        const more = residentOf(pid) - before;
        for (const stream of streams) stream.destroy();
        return [atMost(`${STREAMS} open live streams of ${ITEMS} items each, memory`, 100, "MB", more)];
      },
      { dir },
    ),
  );

/** Resolves when the stream has said something; what it says is read away. */
function open(address: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const asked = request(address, { agent: false }).once("error", reject);
    asked.once("response", (res) => {
      if (res.statusCode !== 200) reject(new Error(`GET ${address}: ${res.statusCode}`));
      // It is cut off in the end.
      res.once("data", () => resolve(res)).on("error", () => {});
    });
    asked.end();
  });
}
