import { randomBytes } from "node:crypto";
import { describe, expect, test } from "@jest/globals";
import { typeOf } from "../../core/errors.ts";
import { decoy, hashPassword, isOutdated, verifyPassword } from "./passwords.ts";
import { Semaphore } from "./semaphore.ts";

const hash = (password: string) => hashPassword(password, randomBytes);

describe("passwords", () => {
  test("are stored as a salted argon2id PHC string that only the password fits", async () => {
    const [stored, again] = await Promise.all([hash("correct horse"), hash("correct horse")]);
    expect(stored).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/);
    expect(again).not.toBe(stored);
    expect(await verifyPassword(stored, "correct horse")).toBe(true);
    expect(await verifyPassword(stored, "correct horsf")).toBe(false);
  });

  test("are the same password however its accents were composed", async () => {
    const stored = await hash("caf\u00e9 au lait");
    expect(await verifyPassword(stored, "cafe\u0301 au lait")).toBe(true);
  });

  test("are verified at the cost they were hashed at, which may be an older one", async () => {
    const cheap = await hashPassword("correct horse", randomBytes, { memory: 64, passes: 1, parallelism: 1 });
    expect(await verifyPassword(cheap, "correct horse")).toBe(true);
    expect(await verifyPassword(cheap, "something else")).toBe(false);
    expect(isOutdated(cheap)).toBe(true);
    expect(isOutdated(await hash("correct horse"))).toBe(false);
  });

  test("fit a vector of another implementation", async () => {
    // Of the reference implementation: echo -n password | argon2 somesalt -id -t 2 -m 16 -p 1
    const reference = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
    expect(await verifyPassword(reference, "password")).toBe(true);
  });

  test("have a decoy that nothing fits, of the same shape", async () => {
    const stored = decoy(randomBytes);
    expect(isOutdated(stored)).toBe(false);
    expect(await verifyPassword(stored, "correct horse")).toBe(false);
  });

  test("are hashed a few at a time; a flood is told to come back", async () => {
    const answers = await Promise.allSettled(Array.from({ length: 40 }, () => hash("correct horse")));
    const refused = answers.filter((answer) => answer.status === "rejected");
    expect(refused).toHaveLength(40 - 2 - 32);
    expect(refused.map(({ reason }) => typeOf(reason))).toEqual(refused.map(() => "TRY_AGAIN"));
    await expect(hash("correct horse")).resolves.toBeDefined();
  });
});

describe("a semaphore", () => {
  test("lets so many run at a time, in order, and a failure gives its permit back", async () => {
    const semaphore = new Semaphore(2, 10);
    const begun: number[] = [];
    let running = 0;
    let most = 0;
    const work = (n: number) => async () => {
      begun.push(n);
      most = Math.max(most, ++running);
      await new Promise(setImmediate);
      running--;
      if (n % 2) throw new Error("odd");
    };
    const full = () => new Error("full");
    const wave = (...ns: number[]) => Promise.allSettled(ns.map((n) => semaphore.run(work(n), full)));
    await wave(0, 1, 2, 3, 4, 5);
    await wave(6, 7, 8, 9);
    expect(most).toBe(2);
    expect(begun).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });
});
