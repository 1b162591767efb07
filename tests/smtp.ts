import { once } from "node:events";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";

/** What came in one DATA: its headers by their names in lower case, and all of it as it was. */
export interface Received {
  to: string;
  headers: Map<string, string>;
  raw: string;
}

/**
 * A mail server of a few lines: it takes every letter, or answers at one step with something else. `null` as an answer
 * hangs up instead.
 */
export class Smtp {
  readonly letters: Received[] = [];
  /** By step: what it answers there instead of taking it. */
  answers: { HELO?: string | null; RCPT?: string | null; DATA?: string | null } = {};
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<Smtp> {
    const server = createServer();
    const smtp = new Smtp(server);
    server.on("connection", (socket) => smtp.#serve(socket));
    await once(server.listen(0, "127.0.0.1"), "listening");
    return smtp;
  }

  get url(): string {
    return `smtp://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket)).on("error", () => socket.destroy());
    let read = "";
    let to = "";
    let inData = false;
    const answer = (given: string | null | undefined, usual: string) =>
      given === null ? socket.destroy() : socket.write(`${given ?? usual}\r\n`);
    const step = (line: string) => {
      const [verb] = line.split(/[ :]/, 1) as [string];
      if (/^(EHLO|HELO)$/i.test(verb)) return answer(this.answers.HELO, "250 here");
      if (/^RCPT$/i.test(verb)) {
        to = /<([^>]*)>/.exec(line)![1]!;
        return answer(this.answers.RCPT, "250 ok");
      }
      if (/^DATA$/i.test(verb)) {
        inData = true;
        return answer(undefined, "354 go on");
      }
      return answer(undefined, /^QUIT$/i.test(verb) ? "221 bye" : "250 ok");
    };
    answer(undefined, "220 test");
    socket.setEncoding("utf8").on("data", (chunk: string) => {
      read += chunk;
      for (;;) {
        const end = read.indexOf(inData ? "\r\n.\r\n" : "\r\n");
        if (end < 0) return;
        const part = read.slice(0, end);
        read = read.slice(end + (inData ? 5 : 2));
        if (!inData) step(part);
        else {
          inData = false;
          if (this.answers.DATA === undefined) this.letters.push(receivedOf(to, part.replace(/^\.\./gm, ".")));
          answer(this.answers.DATA, "250 taken");
        }
      }
    });
  }
}

function receivedOf(to: string, raw: string): Received {
  const head = raw.slice(0, raw.indexOf("\r\n\r\n")).replace(/\r\n[ \t]+/g, " ");
  const headers = head.split("\r\n").map((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
  });
  return { to, headers: new Map(headers), raw };
}
