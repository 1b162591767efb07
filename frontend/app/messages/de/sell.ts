import type en from "../en/sell.ts";

export default {} satisfies typeof en;
