import type en from "../en/order.ts";

export default {} satisfies typeof en;
