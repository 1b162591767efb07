import { parseArgs } from "node:util";
import { typeOf } from "../core/errors.ts";
import { masked } from "../services/audit/mask.ts";
import { usage, UsageError, type Node, type Operation } from "./operation.ts";
import { COMMANDS, help, OPERATIONS } from "./operations.ts";
import { harmless, plain } from "./table.ts";

/** Where an operator sits. */
export interface Terminal {
  /** Characters in a line. */
  width: number;
  print(text: string): void;
  /** What went wrong, and how it is done right. */
  complain(text: string): void;
  /** Asks for yes or no; null where nobody can be asked. */
  confirm: ((question: string) => Promise<boolean>) | null;
  /** Who it is unless `--operator` says otherwise. */
  operator: string;
}

/** Does what these words ask for; the exit code: 0, or 1 when it failed, was refused, or found something wrong. */
export async function run(words: readonly string[], node: Node, terminal: Terminal): Promise<number> {
  let operation: Operation | undefined;
  try {
    if (asksForHelp(words)) {
      terminal.print(help(words.find((word) => COMMANDS.has(word))));
      return 0;
    }
    operation = operationOf(words);
    const { target, flags, yes, json, operator } = parsed(operation, words);
    if (operation.question && !yes) await agreed(operation.question(target), terminal);
    const { data, show, bad } = await operation.run(node, {
      target,
      flags,
      operator: operator ?? terminal.operator,
    });
    const seen = masked(data);
    const text = json ? JSON.stringify(seen, null, 2) : show({ width: terminal.width, now: Date.now() });
    terminal.print(json ? text : harmless(masked(text)));
    return bad ? 1 : 0;
  } catch (error) {
    terminal.complain(harmless(masked(reason(error, words, operation))));
    return 1;
  }
}

/** Also of a command that does nothing without a second word. */
const asksForHelp = (words: readonly string[]): boolean =>
  words.length === 0 ||
  words[0] === "help" ||
  words.includes("--help") ||
  words.includes("-h") ||
  (words.length === 1 && COMMANDS.has(words[0]!) && !OPERATIONS.some(({ name }) => name === words[0]));

function operationOf(words: readonly string[]): Operation {
  const [first = "", second = ""] = words;
  const named = (name: string) => OPERATIONS.find((one) => one.name === name);
  const found = named(`${first} ${second}`) ?? named(first);
  if (found) return found;
  const known = COMMANDS.get(first);
  const choices = known ? known.map(({ name }) => name) : [...COMMANDS.keys()];
  throw new UsageError(
    `There is no command "${plain([first, known && second].join(" "))}". There is: ${choices.join(", ")}`,
  );
}

/** What the words say after the name of the operation; throws a UsageError. */
export function parsed(operation: Operation, words: readonly string[]) {
  const text = { type: "string" } as const;
  const own = Object.fromEntries(Object.keys(operation.flags ?? {}).map((flag) => [flag, text]));
  const args = words.slice(operation.name.split(" ").length);
  const { values, positionals } = (() => {
    try {
      const options = { ...own, operator: text, yes: { type: "boolean" }, json: { type: "boolean" } } as const;
      return parseArgs({ args, options, allowPositionals: true });
    } catch (error) {
      throw new UsageError((error as Error).message.split(". ")[0]!);
    }
  })();
  const [target = "", ...others] = positionals;
  const { yes = false, json = false, operator, ...flags } = values as Record<string, never>;
  if (operation.target?.startsWith("<") && !target) throw new UsageError(`${operation.target} is missing`);
  if (others.length || (target && !operation.target))
    throw new UsageError(`Too many words: ${(operation.target ? others : positionals).join(" ")}`);
  return { target, flags, yes, json, operator } as {
    target: string;
    flags: Record<string, string | undefined>;
    yes: boolean;
    json: boolean;
    operator: string | undefined;
  };
}

async function agreed(question: string, { confirm }: Terminal): Promise<void> {
  if (!confirm) throw new UsageError("This changes something, and there is no terminal to ask at: say --yes");
  if (!(await confirm(`${question} (y/N) `))) throw new UsageError("Nothing was done.");
}

/** What failed, in a line or two; a stack is of no use to who reads it. */
function reason(error: unknown, words: readonly string[], operation: Operation | undefined): string {
  const { type, message, data } = error as { type?: string; message: string; data?: unknown };
  if (error instanceof UsageError)
    return operation && !isRefusal(message) ? `${message}\n${usage(operation)}` : message;
  if (typeOf(error) === "NOT_FOUND") {
    const choices = data && Object.keys(data).length ? ` There is: ${Object.values(data).flat().join(", ")}` : "";
    return `${plain(words.join(" "))}: there is nothing of that name.${choices}`;
  }
  if (type === "SERVICE_NOT_FOUND" || type === "SERVICE_NOT_AVAILABLE") return `Nobody answers just now: ${message}`;
  if (type === "REQUEST_TIMEOUT") return `No answer in time: ${message}`;
  return [type, message].filter(Boolean).join(": ");
}

const isRefusal = (message: string) => message === "Nothing was done." || message.endsWith("say --yes");
