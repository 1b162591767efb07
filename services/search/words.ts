/** Words are cut off here: what is longer is an address or a key, and nobody types it. */
const MAX_WORD = 40;
/** So many words of a query count; a person uses fewer. */
const MAX_WORDS = 6;

/** Letters that no decomposition turns into plain ones. */
const LETTERS: Record<string, string> = { ß: "ss", æ: "ae", œ: "oe", ø: "o", đ: "d", ð: "d", ł: "l", þ: "th", ı: "i" };

/** Words of English and German that are in every text and tell nothing. */
const STOP_WORDS = new Set(
  `a an and are as at be but by for from has have i in is it its not of on or so that the their this to was we with you your
  aber als am an auch auf aus bei das dem den der des die du ein eine einem einen einer er es für ich im in ist mit nicht
  oder sich sie sind und uns vom von wie wir zu zum zur`
    .split(/\s+/)
    .map(fold),
);

/** The words of a text, lower case, as they are spelled. */
export const wordsOf = (text: string): string[] =>
  (
    text
      .normalize("NFC")
      .toLowerCase()
      .match(/[\p{L}\p{N}][\p{L}\p{M}\p{N}]*/gu) ?? []
  ).map((word) => word.slice(0, MAX_WORD));

/** Without accents and umlauts: "Größe" → "grosse". */
function fold(word: string): string {
  if (/^[a-z0-9]*$/.test(word)) return word;
  return plain(word.toLowerCase().normalize("NFD"));
}

/** All that a word is found by: folded, and as those write it who have no umlauts: "größe" → "grosse", "groesse". */
export function spellingsOf(word: string): string[] {
  const folded = fold(word);
  if (STOP_WORDS.has(folded)) return [];
  const decomposed = word.normalize("NFD");
  if (!/[aou]\u0308/.test(decomposed)) return [folded];
  return [folded, plain(decomposed.replace(/([aou])\u0308/g, "$1e"))];
}

/** What is looked for, folded, each word once. Nothing but stop words says nothing yet. */
export const queryWords = (query: string): string[] =>
  [...new Set(wordsOf(query).map(fold))].filter((word) => !STOP_WORDS.has(word)).slice(0, MAX_WORDS);

function plain(decomposed: string): string {
  return decomposed.replace(/\p{M}/gu, "").replace(/[ßæœøđðłþı]/g, (letter) => LETTERS[letter]!);
}
