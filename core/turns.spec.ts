import { expect, test } from "@jest/globals";
import { typeOf } from "./errors.ts";
import { Turns } from "./turns.ts";

/** Work that goes on until it is ended by name. */
function works(turns: Turns) {
  const ends = new Map<string, () => void>();
  const begun: string[] = [];
  const start = (name: string, error?: Error) =>
    turns
      .run(async () => {
        begun.push(name);
        await new Promise<void>((resolve) => ends.set(name, resolve));
        if (error) throw error;
        return name;
      })
      .catch((failure: unknown) => typeOf(failure) ?? (failure as Error).message);
  const end = async (name: string, work: Promise<unknown>) => {
    ends.get(name)!();
    const result = await work;
    await Promise.resolve();
    return result;
  };
  return { begun, start, end };
}

test("so many run at a time, the others in the order in which they came", async () => {
  const { begun, start, end } = works(new Turns({ atOnce: 2, mayWait: 2 }));
  const [a, b, c, d] = ["a", "b", "c", "d"].map((name) => start(name)) as [Promise<unknown>, ...Promise<unknown>[]];
  expect(begun).toEqual(["a", "b"]);
  expect(await end("b", b!)).toBe("b");
  expect(begun).toEqual(["a", "b", "c"]);
  await end("a", a);
  await end("c", c!);
  expect(begun).toEqual(["a", "b", "c", "d"]);
  expect(await end("d", d!)).toBe("d");
});

test("who finds too many waiting is told to come again, and may", async () => {
  const { begun, start, end } = works(new Turns({ atOnce: 1, mayWait: 1 }));
  const [a, b] = [start("a"), start("b")];
  expect(await start("c")).toBe("TRY_AGAIN");
  await end("a", a);
  const again = start("c");
  await end("b", b);
  expect(begun).toEqual(["a", "b", "c"]);
  expect(await end("c", again)).toBe("c");
});

test("work that fails gives its place on", async () => {
  const { start, end } = works(new Turns({ atOnce: 1, mayWait: 1 }));
  const [a, b] = [start("a", new Error("broken")), start("b")];
  expect(await end("a", a)).toBe("broken");
  expect(await end("b", b)).toBe("b");
});
