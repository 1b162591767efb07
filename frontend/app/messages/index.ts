import type admin from "./en/admin.ts";
import type common from "./en/index.ts";
import type legal from "./en/legal.ts";
import type sell from "./en/sell.ts";

/** The English files say which words there are; every other language has the same, or does not compile. */
export interface Words {
  common: typeof common;
  sell: typeof sell;
  admin: typeof admin;
  legal: typeof legal;
}
export type Area = keyof Words;
