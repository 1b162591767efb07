import { seededBytes } from "./seeded.ts";

/** Without the letters and digits that people mix up: I and 1, O and 0. */
const ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/** `count` licence keys in a format such as `NAME-#####-#####`; the same ones every time. */
export const keyPool = (format: string, count: number): string[] =>
  Array.from({ length: count }, (_, i) => {
    const bytes = seededBytes(`${format}:${i}`, format.length);
    return format.replace(/#/g, (_hash, at: number) => ALPHABET[bytes[at]! & 31]!);
  });
