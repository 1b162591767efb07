import { startBare } from "./bare.ts";
import { atMost, rounded, shown, type Claim } from "./claims.ts";
import { cpuPer, crowd, quiet, rounds } from "./meter.ts";
import { send, textOf } from "./person.ts";
import { withCatalogue, withShop } from "./shops.ts";

const ITEMS = 10_000;
const AT_A_TIME = 32;
const WARM_UP = 3000;
const ROUNDS = 5;
const ROUND = 1500;

/** One page of a large catalogue: as JSON, and as the storefront shows it. */
export const catalogue = (): Promise<Claim[]> =>
  withCatalogue(ITEMS, (dir) =>
    withShop(
      async ({ url, pid }) => {
        const path = "/api/items?pageSize=20";
        const { length } = await textOf(await send(url + path));
        const shop = await perRequest(pid, url + path);
        const bare = await startBare(length);
        const least = await perRequest(bare.pid, bare.url).finally(bare.stop);
        const page = await perRequest(pid, `${url}/`);
        return [
          atMost("the storefront's home page, CPU", 0.5, "ms", page, "from memory"),
          atMost(`a list of 20 of ${ITEMS} items, CPU`, 0.7, "ms", shop, `${rounded(shop / least)} × a bare GET`),
          shown("a GET of as many bytes from node:http alone, CPU", `${rounded(least)} ms`),
        ];
      },
      { dir },
    ),
  );

async function perRequest(pid: number, url: string): Promise<number> {
  const get = async () => {
    const response = await send(url);
    if (response.statusCode !== 200) throw new Error(`GET ${url}: ${response.statusCode}`);
    await textOf(response);
  };
  await crowd(WARM_UP, AT_A_TIME, get);
  await quiet(pid);
  return rounds(ROUNDS, () => cpuPer(pid, ROUND, () => crowd(ROUND, AT_A_TIME, get)));
}
