import { audit, auditRecords, queue, sweep } from "./books.ts";
import { deadDrop, deadList, deadReplay, deadShow } from "./dead.ts";
import { drain } from "./drain.ts";
import { usage, type Operation } from "./operation.ts";
import { ordersExplain, ordersList } from "./orders.ts";
import { holds, stock } from "./stock.ts";

/** All that operators can do. */
export const OPERATIONS: readonly Operation[] = [
  ordersList,
  ordersExplain,
  holds,
  stock,
  deadList,
  deadShow,
  deadReplay,
  deadDrop,
  audit,
  auditRecords,
  sweep,
  queue,
  drain,
];

/** The first words, each with its operations: what Moleculer's REPL calls a command. */
export const COMMANDS: ReadonlyMap<string, readonly Operation[]> = Map.groupBy(
  OPERATIONS,
  ({ name }) => name.split(" ")[0]!,
);

/** What the flags mean that every operation takes. */
const COMMON = `Always
  --json            print JSON instead of tables
  --yes             do not ask before something is changed
  --operator NAME   who you are, for the audit record; by default $OPERATOR, else the system's user`;

/** Help on all operations, or on those that begin with this word. */
export function help(command?: string): string {
  const known = (command && COMMANDS.get(command)) || OPERATIONS;
  const width = Math.max(...known.map((one) => usage(one).length));
  const lines = known.map((one) => `  ${usage(one).padEnd(width)}  ${one.summary}${one.question ? " (asks)" : ""}`);
  const examples = known.flatMap((one) => one.examples.map((example) => `  ${example}`));
  return ["Usage", ...lines, "", "Examples", ...examples, "", COMMON].join("\n");
}
