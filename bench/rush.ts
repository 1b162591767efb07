import { randomUUID } from "node:crypto";
import { atMost, rounded, shown, type Claim } from "./claims.ts";
import { cpuOf, median, quiet } from "./meter.ts";
import { Person } from "./person.ts";
import { withShop } from "./shops.ts";

const BUYERS = 500;
const COPIES = 50;
const ROUNDS = 5;

/** All come at once for the few copies of an edition. */
export const rush = (): Promise<Claim[]> =>
  withShop(async ({ url, pid }) => {
    const seller = await new Person(url).signUp();
    const times: number[] = [];
    const cpu: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const item = await seller.sell(COPIES);
      const buyers = Array.from({ length: BUYERS }, () => new Person(url));
      await quiet(pid);
      const [start, used] = [performance.now(), cpuOf(pid)];
      const answers = await Promise.all(
        buyers.map((buyer) => buyer.reserve(item, { email: `${randomUUID()}@example.com` })),
      );
      times.push((performance.now() - start) / 1000);
      await quiet(pid);
      cpu.push((cpuOf(pid) - used) / 1000);
      const refused = answers.filter((answer) => answer === "SOLD_OUT").length;
      if (refused !== BUYERS - COPIES) throw new Error(`${refused} of ${BUYERS} buyers were refused`);
    }
    return [
      atMost(`${BUYERS} buyers at once for ${COPIES} copies: all answered within`, 2, "s", median(times)),
      shown("the same, CPU", `${rounded(median(cpu))} s`),
    ];
  });
