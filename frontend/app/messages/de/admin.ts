import type en from "../en/admin.ts";

export default {} satisfies typeof en;
