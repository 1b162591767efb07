import { createInterface } from "node:readline/promises";
import { ConfigError } from "../core/config.ts";
import { connect, opsNode } from "./node.ts";
import { help } from "./operations.ts";
import { isYes, operatorOf } from "./repl.ts";
import { run, type Terminal } from "./run.ts";

/** Where nobody says how wide a line is: a file, or another program. */
const WIDE = 200;

const terminal: Terminal = {
  width: process.stdout.columns || WIDE,
  print: (text) => void process.stdout.write(`${text}\n`),
  complain: (text) => void process.stderr.write(`${text}\n`),
  operator: operatorOf(process.env),
  confirm: process.stdin.isTTY && process.stdout.isTTY ? confirm : null,
};

async function confirm(question: string): Promise<boolean> {
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  const closed = new Promise<string>((resolve) => lines.once("close", () => resolve("")));
  try {
    return isYes(await Promise.race([lines.question(question), closed]));
  } finally {
    lines.close();
  }
}

/** A command given as words is done, and that is all; without one it is the REPL. */
async function main(words: string[]): Promise<number | null> {
  if (words.length && /^(help|--help|-h)$/.test(words[0]!)) return run(words, undefined as never, terminal);
  if (!words.length && !terminal.confirm) {
    terminal.complain(`There is no terminal here for the REPL: give a command.\n\n${help()}`);
    return 1;
  }
  const broker = opsNode(process.env);
  const node = await connect(broker);
  if (!words.length) {
    terminal.print("You are at the running shop. help shows every command, help orders one of them with examples.");
    broker.repl();
    return null;
  }
  const code = await run(words, node, terminal);
  await broker.stop();
  return code;
}

main(process.argv.slice(2)).then(
  (code) => {
    // What was printed may still be on its way into a pipe, which an exit would cut.
    if (code !== null) process.stdout.write("", () => process.exit(code));
  },
  (error: unknown) => {
    const { message, stack } = error as Error;
    const isOurs = error instanceof ConfigError || error?.constructor === Error;
    process.stderr.write(`${isOurs ? message : stack}\n`, () => process.exit(1));
  },
);
