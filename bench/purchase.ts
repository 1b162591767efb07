import type { Shop } from "../tests/shop.ts";
import { atMost, rounded, shown, type Claim } from "./claims.ts";
import { cpuPer, crowd, quiet, residentOf, rounds, sizeOf } from "./meter.ts";
import { Person } from "./person.ts";
import { Sales } from "./sales.ts";
import { withProviderApart, withShop } from "./shops.ts";
import { barePost } from "./bare.ts";

/** Buyers at a time. */
const CROWD = 64;
/** Purchases before anything is measured: the code is compiled by then. */
const WARM_UP = 700;
const ROUNDS = 5;
const ROUND = 300;
/** After how many purchases the memory is looked at. */
const SOME = 5000;
const MANY = 15_000;
/** A document in memory, with its places in the indexes, against its lines in a file. */
const BYTES_A_BYTE = 2;

/** Reserve, pay, confirm, webhook, deliver: the whole way, by people who are signed in. */
export async function purchase(): Promise<Claim[]> {
  const apart = await withProviderApart(async (shop) => perPurchase(await open(shop, WARM_UP + ROUNDS * ROUND)));
  const bare = await barePost(CROWD);
  const { inside, memory } = await withShop(async (shop) => {
    const market = await open(shop, MANY);
    return { inside: await perPurchase(market), memory: await growth(market) };
  });
  const times = (cpu: number) => `${rounded(cpu / bare)} × a bare POST`;
  return [
    atMost("purchase, CPU of the shop, the sandbox in a process of its own", 6, "ms", apart, times(apart)),
    atMost("purchase, CPU of the shop, the sandbox inside", 9, "ms", inside, times(inside)),
    shown("a POST to node:http alone, CPU", `${rounded(bare)} ms`),
    ...memory,
  ];
}

interface Market {
  shop: Shop;
  /** Buys one copy and resolves when it is delivered. */
  buy(n: number): Promise<void>;
  bought: number;
  resident: number;
}

async function open(shop: Shop, stock: number): Promise<Market> {
  const seller = await new Person(shop.url).signUp();
  const item = await seller.sell(stock);
  const buyers = Array.from({ length: CROWD }, () => new Person(shop.url));
  // Passwords are dear on purpose, and more than a few at a time are refused.
  await crowd(CROWD, 4, (n) => buyers[n]!.signUp());
  const sales = await Sales.of(seller);
  await quiet(shop.pid);
  const market: Market = {
    shop,
    bought: 0,
    resident: residentOf(shop.pid),
    async buy(n) {
      const buyer = buyers[n % CROWD]!;
      const order = await buyer.reserve(item);
      await buyer.pay(order);
      await sales.fulfilled(order);
      market.bought++;
    },
  };
  return market;
}

async function perPurchase({ shop, buy }: Market): Promise<number> {
  await crowd(WARM_UP, CROWD, buy);
  await quiet(shop.pid);
  return rounds(ROUNDS, () => cpuPer(shop.pid, ROUND, () => crowd(ROUND, CROWD, buy)));
}

/** What the memory holds after some purchases, and after many. */
async function growth(market: Market): Promise<Claim[]> {
  const { shop, buy, resident } = market;
  const after = async (purchases: number) => {
    await crowd(purchases - market.bought, CROWD, buy);
    await quiet(shop.pid);
    return { resident: residentOf(shop.pid), data: sizeOf(shop.dir) };
  };
  const some = await after(SOME);
  const many = await after(MANY);
  const data = many.data - some.data;
  return [
    shown("resident before the first purchase", `${rounded(resident)} MB`),
    atMost(`resident after ${SOME} purchases`, 250, "MB", some.resident, `${rounded(some.data)} MB of data files`),
    atMost(
      `growth from ${SOME} to ${MANY} purchases, per byte that the data files grow`,
      BYTES_A_BYTE,
      "bytes",
      (many.resident - some.resident) / data,
      `${rounded(many.resident)} MB resident, ${rounded(many.data)} MB of data files`,
    ),
  ];
}
