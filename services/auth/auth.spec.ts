import { afterAll, beforeAll, beforeEach, expect, test } from "@jest/globals";
import type { Service } from "moleculer";
import type { Meta } from "../../core/contract.ts";
import { typeOf } from "../../core/errors.ts";
import { makeSecrets } from "../../core/secrets.ts";
import type { Collection } from "../../mixins/db/collection.ts";
import { onBothStores, testBroker, type TestBroker } from "../../tests/broker.ts";
import type { User } from "./auth.contract.ts";
import auth from "./auth.service.ts";
import { hashPassword } from "./passwords.ts";
import sessions from "./sessions.service.ts";
import { PER_EMAIL, PER_PAIR, type SigninThrottle } from "./throttle.ts";
import { readAccess } from "./tokens.ts";
import type { StoredUser } from "./user.ts";

const PASSWORD = "correct horse battery";
const ADMIN = "Boss@Example.com";
const secrets = makeSecrets("a secret that only tests know, 32+", Buffer.alloc(32));

onBothStores("auth", (env) => {
  let world: TestBroker;
  let service: Service & { db: Collection<StoredUser>; throttle: SigninThrottle };
  /** Everything the two services log. */
  let said: unknown[];
  let email: string;
  let count = 0;

  beforeAll(async () => {
    world = testBroker({ env: { ...env, ADMIN_EMAIL: ADMIN, RATE_LIMIT: "on" }, services: [auth, sessions] });
    await world.broker.start();
    service = world.broker.getLocalService("auth") as typeof service;
    said = [];
    for (const logger of [service.logger, world.broker.getLocalService("sessions").logger])
      for (const level of ["fatal", "error", "warn", "info", "debug", "trace"] as const)
        logger[level] = (...words: unknown[]) => void said.push(words);
  });
  afterAll(() => world.stop());
  beforeEach(() => {
    email = `ada${++count}@example.com`;
  });

  const call = <T>(action: string, params: unknown, meta: Meta = {}): Promise<T> =>
    world.broker.call(`auth.${action}`, params, { meta });
  /** The reply, and what the callee asks of the HTTP reply. */
  async function replied(action: string, params: unknown, meta: Meta = {}) {
    const calling = world.broker.call(`auth.${action}`, params, { meta }) as Promise<{ user: User }> & {
      ctx: { meta: Meta };
    };
    const { user } = (await calling) ?? {};
    return { user, session: calling.ctx.meta.reply?.session };
  }
  const signup = (extra: object = {}) => replied("signup", { email, password: PASSWORD, name: "Ada", ...extra });
  const signin = (password = PASSWORD, ip = "192.0.2.1") => replied("signin", { email, password }, { ip });
  const refusal = (work: Promise<unknown>) =>
    work.then(
      () => null,
      (error: { message: string; data?: unknown }) => ({
        type: typeOf(error),
        message: error.message,
        data: error.data,
      }),
    );

  test("signing up makes a buyer and a session", async () => {
    const { user, session } = await signup();
    expect(user).toEqual({
      id: user!.id,
      email,
      name: "Ada",
      roles: ["buyer"],
      createdAt: expect.stringMatching(/^\d{4}-.*Z$/),
    });
    expect(readAccess(secrets, session!.access, Date.now())).toEqual({ id: user!.id, name: "Ada", roles: ["buyer"] });
    expect(await call("renew", { refresh: session!.refresh })).toMatchObject({ user });
    const stored = await service.db.get(user!.id);
    expect(stored!.password).toMatch(/^\$argon2id\$/);
  });

  test("an e-mail has one account, whatever its case, also when two race for it", async () => {
    await signup();
    expect(await refusal(signup({ email: email.toUpperCase() }))).toMatchObject({ type: "EMAIL_TAKEN" });
    email = `race${count}@example.com`;
    const race = await Promise.all([1, 2, 3].map(() => refusal(signup())));
    expect(race.map((lost) => lost?.type).sort()).toEqual(["EMAIL_TAKEN", "EMAIL_TAKEN", undefined]);
    expect(await service.db.count({ email })).toBe(1);
  });

  test("input sets no role and no other field", async () => {
    const { user } = await signup({ roles: ["admin"], seller: true, _id: "mine", createdAt: 0 });
    expect(user!.roles).toEqual(["buyer"]);
    expect(user!.id).not.toBe("mine");
    expect((await service.db.get(user!.id))!.seller).toBe(false);
  });

  test.each([
    ["signin", { email: { $ne: null }, password: PASSWORD }],
    ["signin", { email: "ada1@example.com", password: { $ne: null } }],
    ["signup", { email: { $gt: "" }, password: PASSWORD, name: "Ada" }],
    ["renew", { refresh: { $ne: null } }],
    ["makeSeller", { user: { $ne: null } }],
    ["changes", { after: { $ne: null } }],
  ])("%s refuses an operator: %j", async (action, params) => {
    expect(await refusal(call(action, params))).toMatchObject({ type: "VALIDATION_ERROR" });
  });

  test("signing in takes the e-mail in any case, with spaces around", async () => {
    const { user } = await signup();
    email = `  ${email.toUpperCase()} `;
    const again = await signin();
    expect(again.user).toEqual(user);
    expect(again.session!.refresh).toMatch(/^[a-z2-7]{26}\.[\w-]{43}$/);
  });

  test("an unknown e-mail and a wrong password get the same answer in the same time", async () => {
    await signup();
    const timed = async (given: string) => {
      email = given;
      const begun = performance.now();
      const answer = await refusal(signin("wrong password"));
      return { answer, ms: performance.now() - begun };
    };
    const known = email;
    await timed(known);
    const [wrong, unknown] = [await timed(known), await timed("nobody@example.com")];
    expect(wrong.answer!.type).toBe("BAD_CREDENTIALS");
    expect(unknown.answer).toEqual(wrong.answer);
    // Hashing dominates: without it an answer takes a tenth of this.
    expect(unknown.ms).toBeGreaterThan(wrong.ms / 3);
  });

  test("ADMIN_EMAIL names the admin", async () => {
    email = ADMIN.toLowerCase();
    const { user, session } = await signup();
    expect(user!.roles).toEqual(["buyer", "admin"]);
    expect(readAccess(secrets, session!.access, Date.now())!.roles).toEqual(["buyer", "admin"]);
    expect((await signin()).user!.roles).toEqual(["buyer", "admin"]);
  });

  test("me is the user as they are now", async () => {
    const { user } = await signup();
    const meta: Meta = { user: { id: user!.id, name: "Old name", roles: ["buyer"] } };
    expect(await call("me", {}, meta)).toEqual({ user });
    expect(await call("me", {})).toEqual({ user: null });
    await service.db.remove({ _id: user!.id });
    expect(await call("me", {}, meta)).toEqual({ user: null });
  });

  test("makeSeller adds the role, once and for good", async () => {
    const { user, session } = await signup();
    await Promise.all([1, 2, 3].map(() => call("makeSeller", { user: user!.id })));
    expect(await call("renew", { refresh: session!.refresh })).toMatchObject({ user: { roles: ["buyer", "seller"] } });
    expect(await refusal(call("makeSeller", { user: "nobody" }))).toMatchObject({ type: "NOT_FOUND" });
  });

  test("ensure makes a user or gives the one there is, also in a race", async () => {
    const wanted = { email, name: "Demo", password: PASSWORD };
    const made = await Promise.all([1, 2, 3, 4].map(() => call<User>("ensure", wanted)));
    expect(new Set(made.map(({ id }) => id)).size).toBe(1);
    expect(await call("ensure", { ...wanted, name: "Other", password: "another password" })).toEqual(made[0]);
    expect((await signin()).user).toEqual(made[0]);
  });

  test("a hash of an older cost is made anew when its password is at hand", async () => {
    const { user } = await signup();
    const cheap = await hashPassword(PASSWORD, (n) => Buffer.alloc(n), { memory: 64, passes: 1, parallelism: 1 });
    await service.db.claim({ _id: user!.id }, { $set: { password: cheap } });
    await refusal(signin("wrong password"));
    expect((await service.db.get(user!.id))!.password).toBe(cheap);
    await signin();
    expect((await service.db.get(user!.id))!.password).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect((await signin()).user).toEqual(user);
  });

  test("guessing is throttled; a correct password starts anew", async () => {
    await signup();
    const wrong = () => refusal(signin("wrong password", "192.0.2.2"));
    for (let n = 1; n < PER_PAIR; n++) expect(await wrong()).toMatchObject({ type: "BAD_CREDENTIALS" });
    await signin(PASSWORD, "192.0.2.2");
    const answers = await Promise.all(Array.from({ length: PER_PAIR + 2 }, wrong));
    expect(answers.filter((answer) => answer?.type === "BAD_CREDENTIALS")).toHaveLength(PER_PAIR);
    const refused = await refusal(signin(PASSWORD, "192.0.2.2"));
    expect(refused).toMatchObject({ type: "RATE_LIMITED", data: { retryAfter: expect.any(Number) } });
    expect((await signin(PASSWORD, "192.0.2.3")).session).toBeDefined();
  });

  test("a user gets in from where they were before, however many strangers guess", async () => {
    await signup();
    await signin(PASSWORD, "2001:db8:1:2::1");
    for (let n = 0; n < PER_EMAIL; n++)
      await service.throttle.admit({ email, network: `198.51.100.${n}`, familiar: false });
    expect(await refusal(signin(PASSWORD, "203.0.113.9"))).toMatchObject({ type: "RATE_LIMITED" });
    expect((await signin(PASSWORD, "2001:db8:1:2::99")).session).toBeDefined();
  });

  test("changes gives every user by pages, without secrets and e-mails", async () => {
    const rows: Record<string, unknown>[] = [];
    for (let after: string | null = ""; after !== null;) {
      const page: { rows: Record<string, unknown>[]; next: string | null } = await call("changes", { after, limit: 2 });
      expect(page.rows.length).toBeLessThanOrEqual(2);
      rows.push(...page.rows);
      after = page.next;
    }
    expect(rows).toHaveLength(await service.db.count({}));
    expect(rows.map(({ _id }) => _id)).toEqual(rows.map(({ _id }) => _id).sort());
    for (const row of rows) expect(Object.keys(row).sort()).toEqual(["_id", "createdAt", "name", "seller"]);
  });

  test("logs tell nothing personal", async () => {
    const { session } = await signup();
    await signin("wrong password").catch(() => undefined);
    await call("renew", { refresh: session!.refresh });
    await service.broker.call("sessions.close", { refresh: session!.refresh });
    const words = JSON.stringify(said);
    for (const secret of ["@", PASSWORD, "192.0.2", "Ada", session!.refresh]) expect(words).not.toContain(secret);
  });

  test("RATE_LIMIT=off switches the throttle off", async () => {
    const open = testBroker({ env: { ...env }, services: [auth, sessions] });
    await open.broker.start();
    try {
      expect((open.broker.getLocalService("auth") as typeof service).throttle).toBeNull();
      const wrong = () => open.broker.call("auth.signin", { email, password: "wrong password" });
      const answers = await Promise.all(Array.from({ length: PER_PAIR + 2 }, () => refusal(wrong())));
      expect(new Set(answers.map((answer) => answer?.type))).toEqual(new Set(["BAD_CREDENTIALS"]));
    } finally {
      await open.stop();
    }
  });
});
