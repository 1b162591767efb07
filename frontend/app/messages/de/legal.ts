import type en from "../en/legal.ts";

export default {} satisfies typeof en;
