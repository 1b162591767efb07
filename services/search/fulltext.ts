import MiniSearch, { type Query } from "minisearch";
import { queryWords, spellingsOf, wordsOf } from "./words.ts";

/** Characters of a description that are looked at: enough for what it is about, at a bounded price in memory. */
const DESCRIPTION_LENGTH = 2000;
/** A title says most of what an item is, then who made it. */
const BOOST = { title: 6, seller: 3, description: 1 };
/** The last word of a query, which may not be typed to its end, begins one of a title from this length on … */
const PREFIX_FROM = 2;
/** … and every word from this one on, also in a name or a description, or misspelled: what is shorter is near to too much. */
const TELLING_FROM = 4;
/** From this length on two letters may be wrong instead of one. */
const LONG_FROM = 7;
/** Fewer matches than this, and other spellings are suggested. */
const FEW = 3;
const MAX_SUGGESTIONS = 3;

export interface Text {
  title: string;
  seller: string;
  description: string;
}

export interface Hit {
  score: number;
  /** The word that was found for each of the query. */
  terms: string[];
}

/** How a word is looked for; `last`: it is the last of its query. */
type Look = (word: string, last: boolean) => Query;

/** What has this word, or one that begins with it. */
const beginning: Look = (word, last) =>
  word.length >= TELLING_FROM
    ? { queries: [word], prefix: true }
    : {
        combineWith: "OR",
        queries: [
          { queries: [word], fields: ["title"], prefix: last && word.length >= PREFIX_FROM },
          { queries: [word], fields: ["seller", "description"] },
        ],
      };

/** The same, and what is spelled like it but for so many letters, or two that changed places. Numbers are meant as they are. */
const near =
  (letters: number): Look =>
  (word, last) =>
    word.length < TELLING_FROM || /\d/.test(word)
      ? beginning(word, last)
      : {
          combineWith: "OR",
          queries: [
            { queries: [word], prefix: true, fuzzy: word.length < LONG_FROM ? 1 : letters },
            ...Array.from(word.slice(1), (letter, n) => word.slice(0, n) + letter + word[n] + word.slice(n + 2)),
          ],
        };

/** The words of all items, and which `K` has them. Every word of a query has to be found. */
export class FullText<K> {
  /** How folded words are spelled, where that differs. */
  readonly #spelled = new Map<string, string>();
  readonly #index = new MiniSearch<Text & { id: K }>({
    fields: Object.keys(BOOST),
    tokenize: wordsOf,
    processTerm: (word) => {
      const spellings = spellingsOf(word);
      for (const spelling of spellings) if (spelling !== word) this.#spelled.set(spelling, word);
      return spellings;
    },
    searchOptions: { boost: BOOST, tokenize: (word) => [word], processTerm: (word) => word },
  });

  put(id: K, { title, seller, description }: Text): void {
    this.#index.add({ id, title, seller, description: description.slice(0, DESCRIPTION_LENGTH) });
  }

  drop(id: K): void {
    this.#index.discard(id);
  }

  /**
   * How well what fits does fit; null where the query has no words. Typos are forgiven only where nothing is
   * spelled like that, so that they bring nothing strange into what was found.
   */
  find(query: string): { hits: Map<K, Hit>; suggestions: string[] } | null {
    const words = queryWords(query);
    if (!words.length) return null;
    const exact = this.#match(words, beginning);
    if (exact.size >= FEW) return { hits: exact, suggestions: [] };
    const loose = this.#misspelled(words);
    const phrases = loose.size ? this.#phrases(loose) : this.#apart(words);
    const other = [...new Set(phrases)].filter((phrase) => phrase !== words.join(" ")).slice(0, MAX_SUGGESTIONS);
    return { hits: exact.size ? exact : loose, suggestions: other.map((phrase) => this.#spell(phrase)) };
  }

  /** The longest word, which few have, comes first: the others are looked for only where it was found. */
  #match(words: string[], look: Look): Map<K, Hit> {
    let hits: Map<K, Hit> | undefined;
    for (const [at, word] of [...words.entries()].sort(([, a], [, b]) => b.length - a.length)) {
      const before = hits;
      const among = before && { boostDocument: (id: K) => (before.has(id) ? 1 : 0) };
      hits = new Map();
      for (const result of this.#index.search(look(word, at === words.length - 1), among)) {
        const id = result.id as K;
        const hit = before?.get(id) ?? { score: 0, terms: [] };
        hit.score += result.score;
        hit.terms[at] = result.terms[0]!;
        hits.set(id, hit);
      }
      if (!hits.size) break;
    }
    return hits!;
  }

  /** One wrong letter is likelier than two. */
  #misspelled(words: string[]): Map<K, Hit> {
    const hits = this.#match(words, near(1));
    return hits.size ? hits : this.#match(words, near(2));
  }

  /** What the query was taken for, the likeliest first. */
  #phrases(hits: Map<K, Hit>): string[] {
    const weights = new Map<string, number>();
    for (const { score, terms } of hits.values()) {
      const phrase = terms.join(" ");
      weights.set(phrase, (weights.get(phrase) ?? 0) + score);
    }
    return [...weights].sort(([, a], [, b]) => b - a).map(([phrase]) => phrase);
  }

  /** Where not all words are found together: what each alone was taken for. */
  #apart(words: string[]): string[] {
    const telling = words.filter(({ length }) => length >= TELLING_FROM).slice(0, MAX_SUGGESTIONS);
    return telling.flatMap((word) => this.#phrases(this.#misspelled([word])).slice(0, 1));
  }

  #spell(phrase: string): string {
    return phrase
      .split(" ")
      .map((word) => this.#spelled.get(word) ?? word)
      .join(" ");
  }
}
