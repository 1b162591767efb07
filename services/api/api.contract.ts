import { contract } from "../../core/contract.ts";

/** The gateway. It owns nothing; its own HTTP routes (streams and raw bodies) are in `api.routes.ts`. */
export const api = contract({ name: "api", actions: {} });
