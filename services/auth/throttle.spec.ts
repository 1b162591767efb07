import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from "@jest/globals";
import type { Service, ServiceSchema } from "moleculer";
import { typeOf } from "../../core/errors.ts";
import { networkOf } from "../../core/network.ts";
import { Counting, ownCounters, type Counters } from "../../mixins/counters.ts";
import { describeWith, testBroker, type TestBroker } from "../../tests/broker.ts";
import { redis } from "../../tests/servers.ts";
import { Drawer } from "../../tests/redis.ts";
import { PER_EMAIL, PER_NETWORK, PER_PAIR, SigninThrottle, type Attempt } from "./throttle.ts";

const WINDOW = 15 * 60;
const MANY = 10_000;
/** What a slow machine may take of the window, ms; time stands still between steps of a test in this process alone. */
const LATE = 10_000;
const victim = { email: "victim@example.com", familiar: false };
const home: Attempt = { ...victim, network: "10.0.0.1", familiar: true };
const stranger = (n: number): Attempt => ({ ...victim, network: `10.1.${n >> 8}.${n & 255}` });

/** Where attempts are counted, and how a test lets time pass there. */
interface Place {
  counters: Counters;
  pass(ms: number): Promise<void>;
}

function contract(place: () => Place): void {
  let throttle: SigninThrottle;
  beforeEach(() => {
    throttle = new SigninThrottle(place().counters);
  });

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

  test("admits a few attempts of one network for one e-mail, and says when the next will be", async () => {
    const { count, retryAfter } = await admitted(() => stranger(1));
    expect(count).toBe(PER_PAIR);
    expect(retryAfter).toBeLessThanOrEqual(WINDOW);
    expect(retryAfter).toBeGreaterThan(WINDOW - LATE / 1000);
    await place().pass(60_000);
    const later = (await admitted(() => stranger(1))).retryAfter;
    expect(later).toBeLessThanOrEqual(WINDOW - 60);
    expect(later).toBeGreaterThan(WINDOW - 60 - LATE / 1000);
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
    await place().pass(WINDOW * 1000 - LATE);
    expect((await admitted(() => stranger(1))).count).toBe(0);
    await place().pass(LATE);
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
    expect((await admitted((n) => ({ ...victim, network: "", email: `user${n % 20}@example.com` }))).count).toBe(
      20 * PER_PAIR,
    );
  });
}

describe("the throttle of signing in", () => {
  // The package's own clock stands still, so that a test moves it.
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());
  contract(() => ({ counters: ownCounters, pass: (ms) => jest.advanceTimersByTimeAsync(ms) }));
});

describeWith(redis, "the throttle of signing in on Redis", (server) => {
  let shop: TestBroker;
  let drawer: Drawer;
  let counters: Counters;
  beforeAll(async () => {
    const service = { name: "auth", mixins: [Counting()] } as ServiceSchema;
    shop = testBroker({ env: { REDIS_URL: server().url, RATE_LIMIT: "on" }, services: [service] });
    await shop.broker.start();
    drawer = new Drawer(server().url, shop);
    ({ counters } = shop.broker.getLocalService("auth") as Service & { counters: Counters });
    await drawer.counts(counters);
  });
  beforeEach(() => drawer.clear());
  afterAll(async () => {
    drawer.close();
    await shop.stop();
  });
  contract(() => ({ counters, pass: (ms) => drawer.pass(ms) }));
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
