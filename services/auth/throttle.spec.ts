import { afterEach, beforeEach, describe, expect, jest, test } from "@jest/globals";
import { typeOf } from "../../core/errors.ts";
import { networkOf } from "../../core/network.ts";
import { PER_EMAIL, PER_NETWORK, PER_PAIR, SigninThrottle, type Attempt } from "./throttle.ts";

const WINDOW = 15 * 60;
const MANY = 10_000;
const victim = { email: "victim@example.com", familiar: false };
const home: Attempt = { ...victim, network: "10.0.0.1", familiar: true };
const stranger = (n: number): Attempt => ({ ...victim, network: `10.1.${n >> 8}.${n & 255}` });

let throttle: SigninThrottle;
beforeEach(() => {
  // The package's own clock stands still, so that a test moves it.
  jest.useFakeTimers();
  throttle = new SigninThrottle();
});
afterEach(() => void jest.useRealTimers());

/** How many attempts are admitted before one is refused, and what the refusal says. */
async function admitted(attempt: (n: number) => Attempt): Promise<{ count: number; retryAfter: number }> {
  for (let count = 0; count < MANY; count++) {
    const refusal = await throttle.admit(attempt(count)).then(
      () => null,
      (error: { data: { retryAfter: number } }) => error,
    );
    if (!refusal) continue;
    expect(typeOf(refusal)).toBe("RATE_LIMITED");
    return { count, ...refusal.data };
  }
  throw new Error("Nothing is ever refused");
}

describe("the throttle of signing in", () => {
  test("admits a few attempts of one network for one e-mail, and says when the next will be", async () => {
    expect(await admitted(() => stranger(1))).toEqual({ count: PER_PAIR, retryAfter: WINDOW });
    jest.advanceTimersByTime(60_500);
    expect((await admitted(() => stranger(1))).retryAfter).toBe(WINDOW - 60);
  });

  test("counts a network over all e-mails", async () => {
    const spray = (n: number): Attempt => ({ ...stranger(1), email: `user${n}@example.com` });
    expect((await admitted(spray)).count).toBe(PER_NETWORK);
    await throttle.admit({ ...stranger(2), email: "user1@example.com" });
  });

  test("counts an e-mail over all networks", async () => {
    expect((await admitted(stranger)).count).toBe(PER_EMAIL);
    await throttle.admit({ ...stranger(1), email: "somebody.else@example.com" });
  });

  test("does not let strangers lock a user out of where they signed in before", async () => {
    await admitted(stranger);
    await throttle.admit(home);
    await throttle.forgive(home);
    expect((await admitted(() => home)).count).toBe(PER_PAIR);
  });

  test("locks nobody out for good: attempts that were refused prolong nothing", async () => {
    await admitted(() => stranger(1));
    jest.advanceTimersByTime(WINDOW * 1000 - 1);
    expect((await admitted(() => stranger(1))).count).toBe(0);
    jest.advanceTimersByTime(1);
    expect((await admitted(() => stranger(1))).count).toBe(PER_PAIR);
  });

  test("starts the e-mail anew after a correct password, which itself counts for nothing", async () => {
    for (let n = 0; n < PER_NETWORK * 2; n++) {
      await throttle.admit(stranger(1));
      await throttle.forgive(stranger(1));
    }
    expect((await admitted(() => stranger(1))).count).toBe(PER_PAIR);
    await throttle.forgive(stranger(1));
    expect((await admitted(() => stranger(1))).count).toBe(PER_PAIR);
  });

  test("counts callers from inside, who have no address, by e-mail alone", async () => {
    expect((await admitted((n) => ({ ...victim, network: "", email: `user${n % 500}@example.com` }))).count).toBe(
      500 * PER_PAIR,
    );
  });
});

describe("a network", () => {
  test.each([
    ["203.0.113.7", "203.0.113.7"],
    ["::ffff:203.0.113.7", "203.0.113.7"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:DB8:1:2::99", "2001:db8:1:2::/64"],
    ["2001:0db8:0001:0002::", "2001:db8:1:2::/64"],
    ["2001:db8::1", "2001:db8:0:0::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
    ["::1", "0:0:0:0::/64"],
    [undefined, ""],
  ])("of %s is %s", (address, network) => expect(networkOf(address)).toBe(network));
});
