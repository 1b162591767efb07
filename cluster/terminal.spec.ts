import { expect, jest, test } from "@jest/globals";
import { Terminal } from "./terminal.ts";

const TIME = /^\d\d:\d\d:\d\d /;
const logged = (level: string, words: string) => `[2026-01-01T00:00:00.000Z] ${level.padEnd(5)} vm-1/API: ${words}`;

function screen({ colours = false, quiet = true } = {}) {
  let text = "";
  const terminal = new Terminal({ write: (more) => (text += more), colours, quiet });
  return { terminal, lines: () => text.split("\n").slice(0, -1) };
}
const plain = (lines: string[]) => lines.map((line) => line.replace(TIME, ""));

test("lines of the shop's logger are shortened to level and words, all others are left", () => {
  const { terminal, lines } = screen();
  terminal.pass("orders-1", logged("WARN", "It rains"));
  terminal.pass("orders-1", "    at somewhere (file.ts:1:2)");
  terminal.pass("api", logged("INFO", "The shop is open"));
  terminal.pass("api", logged("INFO", "Service 'api' started."));
  expect(lines().every((line) => TIME.test(line))).toBe(true);
  expect(plain(lines())).toEqual([
    "orders-1      warn It rains",
    "orders-1          at somewhere (file.ts:1:2)",
    "api           The shop is open",
  ]);
});

test("with a log level of one's own nothing is left out", () => {
  const { terminal, lines } = screen({ quiet: false });
  terminal.pass("api", logged("INFO", "Service 'api' started."));
  expect(plain(lines())).toEqual(["api           Service 'api' started."]);
});

test("what many say is told once, with how many they were", () => {
  jest.useFakeTimers();
  try {
    const { terminal, lines } = screen();
    for (const name of ["api", "auth", "items"]) terminal.pass(name, logged("WARN", "NATS is away"));
    terminal.pass("items", logged("WARN", "Something else"));
    jest.advanceTimersByTime(2000);
    terminal.pass("auth", logged("WARN", "NATS is away"));
    expect(plain(lines())).toEqual([
      "api           warn NATS is away",
      "items         warn Something else",
      "cluster       2 more: warn NATS is away",
      "auth          warn NATS is away",
    ]);
  } finally {
    jest.useRealTimers();
  }
});

test("replicas share a colour, services have their own", () => {
  const { terminal, lines } = screen({ colours: true });
  for (const name of ["orders-1", "orders-2", "items-1"]) terminal.say(name, "words");
  const [first, second, other] = lines().map((line) => /(\d+)m\w+-\d/.exec(line)![1]);
  expect(first).toBe(second);
  expect(first).not.toBe(other);
});
