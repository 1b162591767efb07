import { afterAll, beforeAll, beforeEach, expect, test } from "@jest/globals";
import type { Service } from "moleculer";
import type { Meta } from "../../core/contract.ts";
import { typeOf } from "../../core/errors.ts";
import { systemRuntime } from "../../core/runtime.ts";
import type { Collection } from "../../mixins/db/collection.ts";
import { onBothStores, testBroker, type TestBroker } from "../../tests/broker.ts";
import { person } from "../../tests/people.ts";
import { eventually } from "../../tests/till.ts";
import mail from "../mail/mail.service.ts";
import type { Tokens, User } from "./auth.contract.ts";
import auth from "./auth.service.ts";
import { PER_EMAIL } from "./reset.ts";
import sessions from "./sessions.service.ts";
import { PER_PAIR } from "./throttle.ts";
import type { StoredUser } from "./user.ts";

const PASSWORD = "correct horse battery";
const RENEWED = "staple of the renewed";

interface Listed {
  id: string;
  device: string;
  createdAt: string;
  lastUsedAt: string;
  current: boolean;
}
interface Session {
  access: string;
  refresh: string;
}

onBothStores("an account", (env) => {
  let skew = 0;
  let world: TestBroker;
  let service: Service & { db: Collection<StoredUser> };
  let email: string;
  let ada: User;
  let count = 0;

  beforeAll(async () => {
    const runtime = { ...systemRuntime(), now: () => Date.now() + skew };
    const given = { ...env, RATE_LIMIT: "on", PUBLIC_URL: "https://shop.example" };
    world = testBroker({ env: given, runtime, services: [auth, sessions, mail] });
    await world.broker.start();
    service = world.broker.getLocalService("auth") as typeof service;
  });
  afterAll(() => world.stop());
  beforeEach(async () => {
    skew = 0;
    email = `ada${++count}@example.com`;
    ada = (await signedIn("signup", { name: "Ada" }, { lang: "de" })).user;
  });

  const call = <T>(action: string, params: object, meta: Meta = {}): Promise<T> =>
    world.broker.call(`auth.${action}`, params, { meta });
  const refusal = (work: Promise<unknown>) => work.then(() => "done", typeOf);
  /** Signs up or in: the user, and the session that the browser gets. */
  async function signedIn(action: string, more: object = {}, meta: Meta = {}) {
    const params = { email, password: PASSWORD, ...more };
    const calling = world.broker.call(`auth.${action}`, params, { meta }) as Promise<{ user: User }> & {
      ctx: { meta: Meta };
    };
    const { user } = await calling;
    return { user, session: calling.ctx.meta.reply!.session as Session };
  }
  const renew = ({ refresh }: Session) => call<Tokens | null>("renew", { refresh });
  const listed = async (meta: Meta = {}) =>
    (await call<{ rows: Listed[] }>("sessions", {}, { ...person(ada.id).meta, ...meta })).rows;

  const letters = async () => {
    type Row = { to: string; subject: string; text: string };
    const { rows } = await world.broker.call<{ rows: Row[] }>("mail.mailbox");
    return rows.filter(({ to }) => to === email);
  };
  /** Asks for a link, and takes its token from the newest letter. */
  async function asked(): Promise<string> {
    const before = (await letters()).length;
    skew += 10;
    await call("reset", { email });
    const rows = await eventually(letters, (now) => now.length > before);
    return /https:\/\/shop\.example\/reset\/(\S+)/.exec(rows[0]!.text)![1]!;
  }
  const reset = (token: string, password = RENEWED) => call("resetPassword", { token, password });

  test("a mailed link sets a new password once, and ends every session", async () => {
    const { session } = await signedIn("signin");
    const token = await asked();
    expect((await letters())[0]!.subject).toBe("Neues Passwort festlegen");
    await reset(token);
    expect(await renew(session)).toBeNull();
    expect(await listed()).toEqual([]);
    expect(await refusal(signedIn("signin"))).toBe("BAD_CREDENTIALS");
    const again = await signedIn("signin", { password: RENEWED });
    expect(await renew(again.session)).toMatchObject({ user: { id: ada.id } });
    expect(await refusal(reset(token, "and another one"))).toBe("LINK_EXPIRED");
  });

  test("of two that race with one link, one sets its password", async () => {
    const token = await asked();
    const race = await Promise.all(
      ["the first password", "the other password"].map((one) => refusal(reset(token, one))),
    );
    expect(race.toSorted()).toEqual(["LINK_EXPIRED", "done"]);
    const won = race[0] === "done" ? "the first password" : "the other password";
    expect((await signedIn("signin", { password: won })).user.id).toBe(ada.id);
  });

  test("a link is good for an hour, until the next one, and only as it is; its hash alone is stored", async () => {
    const first = await asked();
    const second = await asked();
    expect(await refusal(reset(first))).toBe("LINK_EXPIRED");
    for (const token of ["x", `${ada.id}.${"a".repeat(43)}`, `${second}a`, `b${second.slice(1)}`, "constructor.x"])
      expect(await refusal(reset(token))).toBe("LINK_EXPIRED");
    const stored = JSON.stringify(await service.db.get(ada.id));
    expect(stored).not.toContain(second.split(".")[1]);
    skew += 3_600_000;
    expect(await refusal(reset(second))).toBe("LINK_EXPIRED");
    skew -= 60_000;
    await reset(second);
  });

  test("whoever signs in with the old password while a new one is set is out", async () => {
    const token = await asked();
    const late = await world.broker.call<{ refresh: string }, object>("sessions.open", {
      user: ada.id,
      at: Date.now() + skew,
    });
    skew += 5;
    await reset(token);
    const opened = await world.broker.call<{ refresh: string }, object>("sessions.open", {
      user: ada.id,
      at: Date.now() + skew - 1000,
    });
    for (const { refresh } of [late, opened]) expect(await call("renew", { refresh })).toBeNull();
  });

  test("asking answers alike and at once for an e-mail that nobody has, and both are limited", async () => {
    const known = email;
    const ask = (given: string) => refusal(call("reset", { email: given }, { ip: "192.0.2.1" }));
    for (const given of [known, "nobody@example.com"]) {
      for (let n = 0; n < PER_EMAIL.times; n++) expect(await ask(given)).toBe("done");
      expect(await ask(given.toUpperCase())).toBe("RATE_LIMITED");
    }
    await eventually(letters, (rows) => rows.length === PER_EMAIL.times);
    email = "nobody@example.com";
    expect(await letters()).toEqual([]);
  });

  test("a new password forgets what was guessed before", async () => {
    const meta: Meta = { ip: "192.0.2.7" };
    for (let n = 0; n < PER_PAIR; n++) await refusal(signedIn("signin", { password: "wrong" }, meta));
    expect(await refusal(signedIn("signin", {}, meta))).toBe("RATE_LIMITED");
    await call("resetPassword", { token: await asked(), password: RENEWED }, meta);
    expect((await signedIn("signin", { password: RENEWED }, meta)).user.id).toBe(ada.id);
  });

  test("sessions say where they began and when they were used, and can be ended one by one, by their user alone", async () => {
    skew += 1000;
    const phone = await signedIn("signin", {}, { device: "Safari on iPhone" });
    skew += 1000;
    const desk = await signedIn("signin", {}, { device: "Firefox on Linux" });
    skew += 1000;
    const { refresh } = (await renew(phone.session))!;
    const rows = await listed({ refresh });
    expect(rows.map(({ device, current }) => [device, current])).toEqual([
      ["Safari on iPhone", true],
      ["Firefox on Linux", false],
      ["Unknown device", false],
    ]);
    expect(Date.parse(rows[0]!.lastUsedAt) - Date.parse(rows[0]!.createdAt)).toBeGreaterThanOrEqual(2000);
    const other = rows[1]!.id;
    expect(await refusal(call("endSession", { id: other }, person("eve").meta))).toBe("NOT_FOUND");
    expect(await renew(desk.session)).not.toBeNull();
    const ended = world.broker.call("auth.endSession", { id: other }, { meta: { ...person(ada.id).meta, refresh } });
    await ended;
    expect((ended as unknown as { ctx: { meta: Meta } }).ctx.meta.reply).toBeUndefined();
    expect(await renew(desk.session)).toBeNull();
    expect(await refusal(call("endSession", { id: other }, person(ada.id).meta))).toBe("NOT_FOUND");
    const own = world.broker.call(
      "auth.endSession",
      { id: rows[0]!.id },
      { meta: { ...person(ada.id).meta, refresh } },
    );
    await own;
    expect((own as unknown as { ctx: { meta: Meta } }).ctx.meta.reply).toEqual({ session: null });
    expect(await listed()).toHaveLength(1);
  });

  test("mail is told how to reach a user, and that nobody is there", async () => {
    expect(await call("contact", { user: ada.id })).toEqual({ email, name: "Ada", lang: "de" });
    expect(await call("contact", { user: "nobody" })).toBeNull();
  });
});
