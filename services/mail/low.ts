import type { Stock } from "../schemas.ts";

/** An item runs low when so small a part of the copies ever made is available, … */
const LOW_PART = 0.1;
/** … and no more than so many. */
const LOW_COPIES = 3;

/** Whether its seller is to be told. What is one of a kind, or unlimited, does not run low. */
export const isLow = ({ stock, made }: { stock: Stock; made: number }): boolean =>
  made > 1 && stock.available <= Math.min(LOW_COPIES, Math.ceil(made * LOW_PART));
