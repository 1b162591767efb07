import type { ItemDoc } from "../services/items/items.contract.ts";
import { Finder } from "../services/search/finder.ts";
import type { Wanted } from "../services/search/search.contract.ts";
import { atMost, rounded, shown, type Claim } from "./claims.ts";
import { median } from "./meter.ts";

const ITEMS = 10_000;
const VOCABULARY = 20_000;
const TITLE = 4;
const DESCRIPTION = 60;
const ROUNDS = 5;
const ROUND = 200;
const SYLLABLES =
  "ka lo mi ra te su no vi da pe gro tes zu fa len mor bri sta ku ni wo re xa ty pel han gor sil ber win".split(" ");

/** What people type, over items whose words are as frequent as those of a language. */
export async function search(): Promise<Claim[]> {
  const chance = chanceOf(1);
  const words = vocabulary(chance);
  const finder = new Finder();
  const docs = Array.from({ length: ITEMS }, (_, n) => itemOf(n, chance, words));
  const built = cpuSince(() => docs.forEach((doc) => finder.put(doc)));
  const any = () => words[200 + Math.floor(chance() * 2000)]!;
  const kinds: Record<string, () => Wanted> = {
    "a word": () => ({ q: any() }),
    "two words": () => ({ q: `${any()} ${any()}` }),
    "a title": () => ({ q: docs[Math.floor(chance() * ITEMS)]!.title }),
    "a frequent word": () => ({ q: words[Math.floor(chance() * 20)]! }),
    "the beginning of a word": () => ({ q: any().slice(0, 3) }),
    "a typo": () => ({ q: any().replace(/(?<=^..)./, "q") }),
    "choices alone": () => ({ kind: "keys", max: 2499, available: true, sort: "price" }),
  };
  const figures = Object.entries(kinds).map(([kind, ask]) => ({ kind, cost: costOf(finder, ask) }));
  const dearest = figures.toSorted((a, b) => b.cost - a.cost)[0]!;
  const mean = figures.reduce((sum, { cost }) => sum + cost, 0) / figures.length;
  return [
    atMost(`a search over ${ITEMS} items, CPU`, 5, "ms", mean, `${rounded(dearest.cost)} for ${dearest.kind}`),
    shown(`an index of ${ITEMS} items, CPU`, `${rounded(built / 1000)} s`),
  ];
}

function costOf(finder: Finder, ask: () => Wanted): number {
  const rounds = Array.from({ length: ROUNDS }, () => {
    const asked = Array.from({ length: ROUND }, ask);
    return cpuSince(() => asked.forEach((wanted) => finder.find(wanted))) / ROUND;
  });
  return median(rounds);
}

/** CPU time of this process, ms. */
function cpuSince(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

function itemOf(n: number, chance: () => number, words: string[]): ItemDoc {
  // The nth word of a language is about a nth as frequent; the first of all tell nothing, and are left out.
  const word = () => words[Math.floor(30 * ((VOCABULARY / 30 + 1) ** chance() - 1))]!;
  const text = (count: number) => Array.from({ length: count }, word).join(" ");
  return {
    _id: `item-${n}`,
    v: 1,
    state: "published",
    title: text(TITLE),
    description: text(DESCRIPTION),
    price: 500 + (n % 97) * 100,
    kind: (["unique", "edition", "keys", "unlimited"] as const)[n % 4]!,
    seller: { id: `s-${n % 300}`, name: `${words[n % 300]} ${words[300 + (n % 300)]}` },
    perBuyer: null,
    copies: null,
    files: [],
    createdAt: n,
    publishedAt: n,
    sales: n % 50,
  };
}

function vocabulary(chance: () => number): string[] {
  const words = new Set<string>();
  const syllable = () => SYLLABLES[Math.floor(chance() * SYLLABLES.length)]!;
  while (words.size < VOCABULARY) words.add(Array.from({ length: 2 + Math.floor(chance() * 3) }, syllable).join(""));
  return [...words];
}

/** The same numbers in [0, 1) in every run (mulberry32). */
function chanceOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
