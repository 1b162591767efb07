import { stripTypeScriptTypes } from "node:module";

/** Jest runs the very TypeScript that Node runs: types are blanked out, lines and columns stay. */
export default { process: (source) => ({ code: stripTypeScriptTypes(source) }) };
