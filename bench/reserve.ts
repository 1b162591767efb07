import type { Shop } from "../tests/shop.ts";
import { atMost, rounded, type Claim } from "./claims.ts";
import { cpuPer, crowd, median, quiet } from "./meter.ts";
import { Person } from "./person.ts";
import { withShop } from "./shops.ts";

const FEW = 100;
const MANY = 100_000;
const AT_A_TIME = 16;
const ROUNDS = 7;
/** Reservations a round: all copies of several small editions, or as many of the large one. */
const EDITIONS = 5;
const ROUND = EDITIONS * FEW;

/** What a reservation costs where there are few copies, and where there are very many; turn by turn, in two shops. */
export const reserve = (): Promise<Claim[]> =>
  withShop((small) =>
    withShop(async (large) => {
      const few = await standIn(small, FEW);
      const many = await standIn(large, MANY);
      await few();
      await many();
      const figures: { few: number; many: number }[] = [];
      for (let round = 0; round < ROUNDS; round++) figures.push({ few: await few(), many: await many() });
      const ratio = median(figures.map(({ few, many }) => many / few));
      const [of100, of100k] = [median(figures.map(({ few }) => few)), median(figures.map(({ many }) => many))];
      const beside = `${rounded(of100k)} ms against ${rounded(of100)} ms`;
      return [atMost(`a reservation among ${MANY} copies, CPU against one among ${FEW}`, 1.2, "×", ratio, beside)];
    }),
  );

/** A round of reservations in a shop whose editions have so many copies: the CPU time of one, ms. */
async function standIn({ url, pid }: Shop, stock: number): Promise<() => Promise<number>> {
  const seller = await new Person(url).signUp();
  const buyer = await new Person(url).signUp();
  const large = stock > ROUND ? await seller.sell(stock) : undefined;
  return async () => {
    const items = large ? [large] : await Promise.all(Array.from({ length: EDITIONS }, () => seller.sell(stock)));
    await quiet(pid);
    return cpuPer(pid, ROUND, () => crowd(ROUND, AT_A_TIME, (n) => buyer.reserve(items[n % items.length]!)));
  };
}
