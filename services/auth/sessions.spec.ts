import { createSecretKey } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import type { Service } from "moleculer";
import type { Meta } from "../../core/contract.ts";
import { systemRuntime } from "../../core/runtime.ts";
import { makeSecrets } from "../../core/secrets.ts";
import type { Collection } from "../../mixins/db/collection.ts";
import { onBothStores, testBroker, type TestBroker } from "../../tests/broker.ts";
import type { Tokens } from "./auth.contract.ts";
import auth from "./auth.service.ts";
import { GRACE, REFRESH_LASTS, REMEMBERED, successor, type Session } from "./refresh.ts";
import sessions from "./sessions.service.ts";
import { readAccess } from "./tokens.ts";

onBothStores("sessions", (env) => {
  let clock = Date.UTC(2040, 0, 1);
  let world: TestBroker;
  let service: Service & { db: Collection<Session>; sweep(): Promise<void> };
  let warnings: unknown[];
  let user: string;
  let first: string;

  beforeAll(async () => {
    const runtime = { ...systemRuntime(), now: () => clock };
    world = testBroker({ env: { ...env }, runtime, services: [auth, sessions] });
    await world.broker.start();
    service = world.broker.getLocalService("sessions") as typeof service;
    service.logger.warn = (...words: unknown[]) => void warnings.push(words);
    const { id } = await world.broker.call<{ id: string }, object>("auth.ensure", {
      email: "ada@example.com",
      name: "Ada",
      password: "correct horse battery",
    });
    user = id;
  });
  afterAll(() => world.stop());
  beforeEach(async () => {
    warnings = [];
    first = await open();
  });

  const open = async () => (await world.broker.call<{ refresh: string }, object>("sessions.open", { user })).refresh;
  const renew = (refresh: string) => world.broker.call<Tokens | null, object>("auth.renew", { refresh });
  /** The token that follows; fails where there is none. */
  const next = async (refresh: string) => (await renew(refresh))!.refresh;
  const stored = (refresh: string) => service.db.get(refresh.split(".")[0]!);

  describe("renewing", () => {
    test("gives a new refresh token, and an access token of the present time", async () => {
      const renewed = (await renew(first))!;
      expect(renewed.refresh).not.toBe(first);
      expect(renewed.user).toMatchObject({ id: user, roles: ["buyer"] });
      const access = readAccess({ jwt: createSecretKey(Buffer.from(world.config.JWT_SECRET!)) }, renewed.access, clock);
      expect(access).toEqual({ id: user, name: "Ada", roles: ["buyer"] });
      expect(await next(renewed.refresh)).not.toBe(renewed.refresh);
    });

    test("again within 30 s gives the newest token, however often it was renewed since", async () => {
      const second = await next(first);
      clock += GRACE - 1;
      expect(await next(first)).toBe(second);
      const third = await next(second);
      const fourth = await next(third);
      expect(await next(second)).toBe(fourth);
      expect(await next(third)).toBe(fourth);
      clock++;
      expect(await next(second)).toBe(fourth);
      expect(await renew(first)).toBeNull();
    });

    test("with a token used 30 s ago revokes the whole family, and says so", async () => {
      const other = await open();
      const second = await next(first);
      clock += GRACE;
      expect(await renew(first)).toBeNull();
      expect(await renew(second)).toBeNull();
      expect(warnings).toHaveLength(1);
      expect(JSON.stringify(warnings)).toContain(user);
      expect(JSON.stringify(warnings)).not.toContain(first.split(".")[0]);
      expect(await renew(other)).not.toBeNull();
    });

    test("with a token older than what the family remembers revokes it as well", async () => {
      let newest = first;
      for (let n = 0; n <= REMEMBERED; n++) {
        clock += GRACE;
        newest = await next(newest);
      }
      expect((await stored(newest))!.used).toHaveLength(REMEMBERED);
      expect(await renew(first)).toBeNull();
      expect(await renew(newest)).toBeNull();
    });

    test("raced by many tabs gives them all the same token, and one family", async () => {
      const tabs = await Promise.all(Array.from({ length: 8 }, () => next(first)));
      expect(new Set(tabs).size).toBe(1);
      expect((await stored(first))!.used).toHaveLength(1);
      // A thief who raced along has no token of their own either: the next to renew leaves the other out.
      await next(tabs[0]!);
      clock += GRACE;
      expect(await renew(tabs[1]!)).toBeNull();
    });

    test("takes no race for a reuse when it reads the session a moment too early", async () => {
      const before = await stored(first);
      const second = await next(first);
      const { get } = service.db;
      service.db.get = async () => before;
      const raced = await next(first).finally(() => (service.db.get = get));
      expect(raced).toBe(second);
      expect(await renew(second)).not.toBeNull();
    });

    test("raced by a reuse never brings a revoked family back", async () => {
      const second = await next(first);
      clock += GRACE;
      await Promise.all([renew(second), renew(first), renew(second)]);
      expect(await stored(first)).toBeNull();
      expect(await renew(second)).toBeNull();
    });

    test("works for 30 days, counted from the last time", async () => {
      clock += REFRESH_LASTS - 1;
      const second = await next(first);
      clock += REFRESH_LASTS - 1;
      const third = await next(second);
      clock += REFRESH_LASTS;
      expect(await renew(third)).toBeNull();
      expect(warnings).toEqual([]);
    });

    test("refuses what is no token of a living family, and harms none", async () => {
      const [id, secret] = first.split(".");
      const strangers = ["", ".", id!, `${id}.`, `${id}.short`, `${"a".repeat(26)}.${secret}`, `${first}x`];
      for (const stranger of strangers) expect(await renew(stranger)).toBeNull();
      expect(await renew(first)).not.toBeNull();
    });

    test("gives nothing when the user is gone", async () => {
      const { refresh } = await world.broker.call<{ refresh: string }, object>("sessions.open", { user: "gone" });
      expect(await renew(refresh)).toBeNull();
    });
  });

  test("signing out ends the family, whichever of its tokens one has, and no other", async () => {
    const other = await open();
    const second = await next(first);
    const signout = async (meta: Meta) => {
      const calling = world.broker.call("auth.signout", {}, { meta }) as Promise<null> & { ctx: { meta: Meta } };
      return { answer: await calling, reply: calling.ctx.meta.reply };
    };
    expect(await signout({ refresh: first })).toEqual({ answer: null, reply: { session: null } });
    expect(await renew(second)).toBeNull();
    expect(await renew(other)).not.toBeNull();
    for (const meta of [{ refresh: second }, { refresh: "nonsense" }, {}])
      expect(await signout(meta)).toEqual({ answer: null, reply: { session: null } });
  });

  test("the store holds no token, only hashes", async () => {
    const second = await next(first);
    const document = JSON.stringify(await stored(second));
    for (const token of [first, second]) expect(document).not.toContain(token.split(".")[1]);
  });

  test("nobody derives a successor without the key", () => {
    const [ours, theirs] = [1, 2].map((byte) => makeSecrets("", Buffer.alloc(32, byte)));
    expect(successor(ours!, first)).toBe(successor(ours!, first));
    expect(successor(theirs!, first)).not.toBe(successor(ours!, first));
  });

  test("expired sessions are swept away, and only those", async () => {
    clock += REFRESH_LASTS / 2;
    const young = await open();
    const renewed = await next(await open());
    clock += REFRESH_LASTS / 2 + 1;
    await service.sweep();
    expect(await stored(first)).toBeNull();
    expect(await stored(young)).not.toBeNull();
    expect(await renew(renewed)).not.toBeNull();
  });
});
