import { userInfo } from "node:os";
import type { REPLServer } from "node:repl";
import type { BrokerOptions, Middleware, ServiceBroker } from "moleculer";
import { completions } from "./complete.ts";
import type { Node, Operation } from "./operation.ts";
import { COMMANDS, help } from "./operations.ts";
import { run, type Terminal } from "./run.ts";

/** Who sits at this terminal, unless they say otherwise. */
export const operatorOf = (env: NodeJS.ProcessEnv): string => env["OPERATOR"] || userInfo().username;

/** The part of a command of Moleculer's REPL, which is commander's, that is used here. */
interface CustomCommand {
  command: string;
  description: string;
  allowUnknownOptions: true;
  parse(command: { params: { words: string[] }; parent: { rawArgs: string[] } }): void;
  action(broker: ServiceBroker, params: { words: string[] }): Promise<void>;
}

/** What a broker is told so that its REPL has the operators' commands. */
export function withCommands(options: BrokerOptions): BrokerOptions {
  let terminal: Terminal | undefined;
  const commands = [...COMMANDS].map(([command, operations]): CustomCommand => ({
    command,
    description: described(operations),
    // Words are read by the same rules as in a one-shot, so commander only passes them on.
    allowUnknownOptions: true,
    parse(parsed) {
      parsed.params = { words: parsed.parent.rawArgs.slice(2) };
    },
    async action(broker, { words }) {
      await run(words, broker as unknown as Node, terminal!);
    },
  }));
  const opened = (server: REPLServer) => (terminal = atPrompt(server));
  return {
    ...options,
    replOptions: { delimiter: `${options.namespace || "holdfast"} $`, customCommands: commands as never },
    middlewares: [...(options.middlewares ?? []), rounded(opened)],
  };
}

/** Moleculer's REPL completes only its own commands, and knows no examples: both are added when it opens. */
const rounded = (opened: (server: REPLServer) => void): Middleware => ({
  name: "OperatorsRepl",
  created(broker: ServiceBroker) {
    const open = broker.repl.bind(broker) as () => REPLServer;
    const repl = () => {
      const server = open();
      opened(server);
      addCompletion(server, broker as unknown as Node);
      addHelp(server);
      return server;
    };
    Object.assign(broker, { repl });
  },
});

/** Its line in the list of all commands. */
function described(operations: readonly Operation[]): string {
  const [first, ...others] = operations;
  const verbs = others.map(({ name }) => name).join(", ");
  return verbs ? `${first!.summary}; ${verbs}` : first!.summary;
}

type Complete = (line: string, done: (error: null, found: [string[], string]) => void) => void;

function addCompletion(server: REPLServer, node: Node): void {
  const theirs = server.completer as unknown as Complete;
  const complete: Complete = (line, done) => {
    completions(line, node).then(
      (found) => (found ? done(null, [found, line]) : theirs.call(server, line, done)),
      () => done(null, [[], line]),
    );
  };
  Object.assign(server, { completer: complete });
}

function addHelp(server: REPLServer): void {
  const evaluate = server.eval;
  const answer: typeof evaluate = function (this: REPLServer, line, context, file, done) {
    const words = line.trim().split(/\s+/);
    const about = words.find((word) => COMMANDS.has(word));
    const asked = about && (words[0] === "help" || words.includes("--help") || words.includes("-h"));
    if (!asked) return evaluate.call(this, line, context, file, done);
    server.output.write(`${help(about)}\n`);
    // As Moleculer's own commands do: with a second argument the REPL would print it.
    (done as (error: null) => void)(null);
  };
  Object.assign(server, { eval: answer });
}

/** The prompt asks, and the next line is the answer. Ctrl-C is no. */
function atPrompt(server: REPLServer): Terminal {
  const say = (text: string) => void server.output.write(`${text}\n`);
  return {
    get width() {
      return (server.output as NodeJS.WriteStream).columns || 120;
    },
    print: say,
    complain: say,
    operator: operatorOf(process.env),
    confirm: (question) =>
      new Promise((resolve) => {
        const interrupted = new AbortController();
        const no = () => {
          interrupted.abort();
          resolve(false);
        };
        server.once("SIGINT", no);
        server.question(question, { signal: interrupted.signal }, (line) => {
          server.removeListener("SIGINT", no);
          resolve(isYes(line));
        });
      }),
  };
}

export const isYes = (line: string): boolean => /^\s*y(es)?\s*$/i.test(line);
