import type { Node, Operation } from "./operation.ts";
import { COMMANDS, OPERATIONS } from "./operations.ts";

const COMMON = ["--json", "--yes", "--operator", "--help"];
/** A service that does not answer is no reason to hold the line up, ms. */
const ANSWER_WITHIN = 1000;

/**
 * What may stand where the line ends, as whole lines; null when it is not about our commands. Ids are asked of the
 * services, since nobody types those.
 */
export async function completions(line: string, node: Node): Promise<string[] | null> {
  const words = line.trimStart().split(/\s+/);
  const [first = ""] = words;
  const command = COMMANDS.get(first);
  if (words.length < 2 || !command) return null;
  const last = words.at(-1)!;
  const before = line.slice(0, line.length - last.length);
  const choices = await choicesFor(words, command, node);
  return choices.filter((choice) => choice.startsWith(last)).map((choice) => before + choice);
}

async function choicesFor(words: string[], command: readonly Operation[], node: Node): Promise<string[]> {
  const operation =
    OPERATIONS.find(({ name }) => words.length > 2 && name === `${words[0]} ${words[1]}`) ??
    command.find(({ name }) => name === words[0]);
  const second = words.length === 2 ? command.flatMap(({ name }) => name.split(" ").slice(1)) : [];
  if (!operation) return second;
  const { name, flags = {}, values, target } = operation;
  const flag = words.at(-2)!;
  if (flag.startsWith("--") && flag.slice(2) in flags) return [...(values?.[flag.slice(2)] ?? [])];
  const own = [...Object.keys(flags).map((one) => `--${one}`), ...COMMON];
  if (words.at(-1)!.startsWith("-")) return own;
  const isTarget = target !== undefined && words.length === name.split(" ").length + 1;
  return [...second, ...(isTarget ? await targetsOf(operation, node) : []), ...(isTarget ? [] : own)];
}

async function targetsOf({ targets }: Operation, node: Node): Promise<string[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string[]>((resolve) => (timer = setTimeout(() => resolve([]), ANSWER_WITHIN)));
  const asked = Promise.resolve()
    .then(() => targets?.(node) ?? [])
    .catch(() => []);
  return Promise.race([asked, late]).finally(() => clearTimeout(timer));
}
