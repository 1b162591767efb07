import type { Caller, Meta } from "../../core/contract.ts";
import { networkOf } from "../../core/network.ts";
import { fail } from "../../core/errors.ts";
import { fieldsOf } from "../../core/store.ts";
import { changes } from "../../mixins/changes.ts";
import { Counting, type Counter } from "../../mixins/counters.ts";
import { Db } from "../../mixins/db/db.ts";
import { defineService, type Cluster } from "../define.ts";
import { auth, type User } from "./auth.contract.ts";
import { decoy, hashPassword, isOutdated, verifyPassword } from "./passwords.ts";
import { sessionOf } from "./refresh.ts";
import { holderOf, newReset, resetThrottle } from "./reset.ts";
import { SigninThrottle } from "./throttle.ts";
import { issueAccess } from "./tokens.ts";
import { canonical, NETWORKS, toUser, type StoredUser } from "./user.ts";

/** Who the users are, and what proves it. */
export default defineService(auth)({
  dependencies: ["sessions"],
  mixins: [
    Counting(),
    Db<StoredUser>({
      name: "users",
      schema: fieldsOf<StoredUser>({
        _id: true,
        email: true,
        name: true,
        password: true,
        seller: true,
        networks: true,
        lang: true,
        reset: true,
        signedOutAt: true,
        createdAt: true,
      }),
      indexes: [{ field: "email", unique: true }],
    }),
  ],
  state: {} as {
    throttle: SigninThrottle | null;
    /** Counts the links asked for to set a new password. */
    resets: Counter | null;
    /** Verified in place of the password of an unknown e-mail, so that both answers take the same time. */
    decoy: string;
  },

  methods: {
    view(user: StoredUser): User {
      return toUser(user, this.config.ADMIN_EMAIL);
    },

    /** The new user, or null when the e-mail has an account: looked up first, since a hash is dear; the insert decides. */
    async make(
      given: { email: string; name: string; password: string },
      { ip, lang }: Meta,
    ): Promise<StoredUser | null> {
      const network = networkOf(ip);
      const email = canonical(given.email);
      if (await this.db.findOne({ email })) return null;
      const id = { _id: this.runtime.id() };
      const user: StoredUser = {
        ...id,
        email,
        name: given.name,
        password: await this.hash(given.password),
        seller: false,
        networks: network ? [this.placeOf(id, network)] : [],
        ...(lang && { lang }),
        createdAt: this.runtime.now(),
      };
      return (await this.db.insert(user)) ? user : null;
    },

    /** Opens a session and hands its tokens to the gateway, beside the reply. `at`: when the user was looked up, ms. */
    async begin(ctx: Caller<Cluster> & { meta: Meta }, stored: StoredUser, at: number): Promise<{ user: User }> {
      const { device } = ctx.meta;
      const { refresh } = await ctx.call("sessions.open", { user: stored._id, at, ...(device && { device }) });
      const user = this.view(stored);
      ctx.meta.reply = { session: { access: issueAccess(this.secrets, user, this.runtime.now()), refresh } };
      return { user };
    },

    /** What a correct password is an occasion for: knowing the network again, and a hash at today's cost. */
    async learn(user: StoredUser, password: string, network: string): Promise<void> {
      const place = this.placeOf(user, network);
      if (network && !user.networks.includes(place)) {
        await this.db.claim({ _id: user._id }, { $push: { networks: { $each: [place], $slice: -NETWORKS } } });
      }
      if (isOutdated(user.password)) {
        const renewed = await this.hash(password);
        await this.db.claim({ password: user.password, _id: user._id }, { $set: { password: renewed } });
      }
    },

    /** Writes the link down and has it mailed, when there is somebody to mail it to. */
    async mailReset(email: string): Promise<void> {
      const user = await this.db.findOne({ email });
      if (!user) return;
      const { token, reset } = newReset(this.secrets, user._id, this.runtime.now(), (count) =>
        this.runtime.bytes(count),
      );
      if (!(await this.db.claim({ _id: user._id }, { $set: { reset } }))) return;
      await this.broker.call("mail.send", {
        template: "reset",
        to: { user: user._id },
        key: `reset:${reset.hash.slice(0, 32)}`,
        data: { name: user.name, link: `${this.config.PUBLIC_URL}/reset/${token}` },
      });
    },

    hash(password: string): Promise<string> {
      return hashPassword(password, (count) => this.runtime.bytes(count));
    },

    /** A network as it is stored: it tells neither where a user was, nor that two users were at the same place. */
    placeOf({ _id }: { _id: string }, network: string): string {
      return this.secrets.hmac("network", `${_id}:${network}`).slice(0, 32);
    },
  },

  actions: {
    async signup(ctx) {
      const user = await this.make(ctx.params, ctx.meta);
      if (!user) throw fail("EMAIL_TAKEN");
      return this.begin(ctx, user, user.createdAt);
    },

    async signin(ctx) {
      const { password } = ctx.params;
      const email = canonical(ctx.params.email);
      const network = networkOf(ctx.meta.ip);
      const at = this.runtime.now();
      const user = await this.db.findOne({ email });
      const attempt = { email, network, familiar: !!user?.networks.includes(this.placeOf(user, network)) };
      await this.throttle?.admit(attempt);
      const fits = await verifyPassword(user?.password ?? this.decoy, password);
      if (!user || !fits) throw fail("BAD_CREDENTIALS");
      await this.throttle?.forgive(attempt);
      await this.learn(user, password, network);
      return this.begin(ctx, user, at);
    },

    async signout(ctx) {
      const { refresh } = ctx.meta;
      if (refresh) await ctx.call("sessions.close", { refresh });
      ctx.meta.reply = { session: null };
      return null;
    },

    async me(ctx) {
      const user = ctx.meta.user && (await this.db.get(ctx.meta.user.id));
      return { user: user ? this.view(user) : null };
    },

    async renew(ctx) {
      const rotated = await ctx.call("sessions.rotate", { refresh: ctx.params.refresh });
      const stored = rotated && (await this.db.get(rotated.user));
      if (!stored || rotated.createdAt < (stored.signedOutAt ?? 0)) return null;
      const user = this.view(stored);
      return { user, access: issueAccess(this.secrets, user, this.runtime.now()), refresh: rotated.refresh };
    },

    async reset(ctx) {
      const email = canonical(ctx.params.email);
      await this.resets?.spend(email);
      // Nobody waits for what follows: how long an answer takes tells no more than the answer does.
      this.mailReset(email).catch((error: unknown) =>
        this.logger.warn("A link to a new password was not mailed", error),
      );
      return null;
    },

    async resetPassword(ctx) {
      const holder = holderOf(this.secrets, ctx.params.token, this.runtime.now());
      // Looked up first, since a hash is dear; the write decides, so that of two that race one sets its password.
      if (!holder || !(await this.db.findOne(holder))) throw fail("LINK_EXPIRED");
      const password = await this.hash(ctx.params.password);
      const set = { password, signedOutAt: this.runtime.now() };
      const user = await this.db.claim(holder, { $set: set, $unset: { reset: true } });
      if (!user) throw fail("LINK_EXPIRED");
      await this.throttle?.startAnew({ email: user.email, network: networkOf(ctx.meta.ip) });
      // They are over by `signedOutAt` already; this takes them out of the list.
      await ctx.call("sessions.end", { user: user._id }).catch((error: unknown) => {
        this.logger.warn("The sessions that a new password ended are still listed", error);
      });
      return null;
    },

    async sessions(ctx) {
      const { user, refresh } = ctx.meta;
      return { rows: await ctx.call("sessions.list", { user: user!.id, ...(refresh && { refresh }) }) };
    },

    async endSession(ctx) {
      const { user, refresh } = ctx.meta;
      const { id } = ctx.params;
      if (!(await ctx.call("sessions.end", { user: user!.id, id }))) throw fail("NOT_FOUND");
      if (refresh && sessionOf(refresh) === id) ctx.meta.reply = { session: null };
      return null;
    },

    async contact(ctx) {
      const user = await this.db.get(ctx.params.user);
      return user && { email: user.email, name: user.name, lang: user.lang ?? null };
    },

    async makeSeller(ctx) {
      const seller = await this.db.claim({ _id: ctx.params.user }, { $set: { seller: true } });
      if (!seller) throw fail("NOT_FOUND");
      return null;
    },

    async ensure(ctx) {
      const email = canonical(ctx.params.email);
      // Whoever loses the race finds the one that won it, by a write that changes nothing: a read might come too early.
      const user = (await this.make(ctx.params, {})) ?? (await this.db.claim({ email }, { $set: { email } }));
      if (!user) throw fail("TRY_AGAIN");
      return this.view(user);
    },

    changes(ctx) {
      return changes(this.db, ctx.params, ["email", "password", "networks", "lang", "reset", "signedOutAt"]);
    },
  },

  created() {
    this.throttle = this.config.RATE_LIMIT ? new SigninThrottle(this.counters) : null;
    this.resets = resetThrottle(this.config.RATE_LIMIT, this.counters);
    this.decoy = decoy((count) => this.runtime.bytes(count));
  },
});
