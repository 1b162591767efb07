const SERVICES = [36, 32, 33, 35, 34, 96, 92, 93, 95, 94];
const [RED, YELLOW, DIM, BOLD] = [31, 33, 2, 1] as const;
const LEVELS: Record<string, number> = { FATAL: RED, ERROR: RED, WARN: YELLOW };
/** What the shop's logger writes: [time] LEVEL node/MODULE: words. */
const LOGGED = /^\[[^\]]+\] ([A-Z]+)\s+[^\s/]+\/[^\s:]+: (.*)$/;
/** Moleculer says this of every service, and the table of processes says it better. */
const NOISE = /^Service '[^']+' (started|stopped)\.$/;
const WIDTH = 13;
/** What one process said, and others say again within so long, is told once, with how many they were, ms. */
const ECHO = 2000;

export interface TerminalOptions {
  write(text: string): void;
  colours: boolean;
  /** Leaves out what the table of processes says anyway. */
  quiet: boolean;
}

/** Lines of many processes on one screen: each begins with the time and the process's name, one colour a service. */
export class Terminal {
  readonly #options: TerminalOptions;
  readonly #colours = new Map<string, number>();
  /** What was said of late, and how many others have said it since. */
  readonly #echoes = new Map<string, number>();

  constructor(options: TerminalOptions) {
    this.#options = options;
  }

  /** Words of our own about a process, or about all. */
  say(name: string, words: string): void {
    const time = this.#paint(DIM, new Date().toTimeString().slice(0, 8));
    for (const line of words.split("\n"))
      this.#options.write(`${time} ${this.#paint(this.#colourOf(name), name.padEnd(WIDTH))} ${line}\n`);
  }

  warn(name: string, words: string): void {
    this.say(name, this.#paint(YELLOW, words));
  }

  /** A line that a process wrote, shortened to level and words when its logger did. */
  pass(name: string, line: string): void {
    const [, level, words] = LOGGED.exec(line) ?? [];
    if (level === undefined || words === undefined) return this.say(name, line);
    if (level === "INFO" && this.#options.quiet && NOISE.test(words)) return;
    const marked = level === "INFO" ? words : `${this.#paint(LEVELS[level] ?? DIM, level.toLowerCase())} ${words}`;
    if (!this.#echoed(marked)) this.say(name, marked);
  }

  /** All processes notice the death of one, or of a server, and say so in the same words. */
  #echoed(words: string): boolean {
    const echoes = this.#echoes.get(words);
    this.#echoes.set(words, (echoes ?? -1) + 1);
    if (echoes !== undefined) return true;
    const tell = () => {
      const others = this.#echoes.get(words)!;
      this.#echoes.delete(words);
      if (others > 0) this.say("cluster", `${others} more: ${words}`);
    };
    setTimeout(tell, ECHO).unref();
    return false;
  }

  /** Rows in columns under their headings. */
  table(name: string, [head, ...rows]: string[][]): void {
    const widths = head!.map((_, at) => Math.max(...[head!, ...rows].map((row) => row[at]!.length)));
    const line = (row: string[]) =>
      row
        .map((cell, at) => cell.padEnd(widths[at]!))
        .join("  ")
        .trimEnd();
    this.say(name, [this.#paint(BOLD, line(head!)), ...rows.map(line)].join("\n"));
  }

  /** Replicas of a service share its colour. */
  #colourOf(name: string): number {
    const service = name.replace(/-\d+$/, "");
    const colour = this.#colours.get(service) ?? SERVICES[this.#colours.size % SERVICES.length]!;
    this.#colours.set(service, colour);
    return colour;
  }

  #paint(colour: number, text: string): string {
    return this.#options.colours ? `\x1b[${colour}m${text}\x1b[0m` : text;
  }
}
