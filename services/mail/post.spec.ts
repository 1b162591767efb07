import { expect, test } from "@jest/globals";
import { onBothStores } from "../../tests/broker.ts";
import { MailRoom, reset } from "./mail.harness.ts";
import { FORGET_AFTER, GIVE_UP_AFTER, type Message } from "./message.ts";

onBothStores("the post", (env) => {
  const room = new MailRoom(env);

  test("what is sent leaves nothing personal behind, and is forgotten when no fact can come again", async () => {
    await room.open();
    await room.call("send", reset);
    const [message] = await room.stored();
    expect(JSON.stringify(message)).not.toMatch(/ada@|reset\/t/);
    await room.settled("sent");
    expect(Object.keys((await room.stored())[0]!).sort()).toEqual([
      "_id",
      "createdAt",
      "due",
      "state",
      "template",
      "tries",
    ]);
    room.skew = FORGET_AFTER + 1000;
    await room.soon(room.stored, (rows) => rows.length === 0);
  });

  test("a server that fails is tried again, later and later, with the same Message-ID", async () => {
    await room.open();
    room.smtp.answers = { DATA: "451 try again" };
    await room.call("send", reset);
    const tried = (count: number) => room.soon(room.stored, ([message]) => message!.tries === count);
    const wait = ([message]: Message[]) => Number(message!.due.split(":")[0]) - Date.now() - room.skew;
    const first = wait(await tried(1));
    room.skew += first;
    const second = wait(await tried(2));
    expect(second).toBeGreaterThan(2 * first);
    room.smtp.answers = { RCPT: null };
    room.skew += second;
    await tried(3);
    expect(room.smtp.letters).toEqual([]);
    room.smtp.answers = {};
    room.skew += 3_600_000;
    await room.arrived(1);
    await room.settled("sent");
  });

  test("what the server refuses for good, or for two days, is given up", async () => {
    await room.open();
    room.smtp.answers = { RCPT: "550 nobody here" };
    await room.call("send", reset);
    await room.settled("failed");
    expect(await room.stored()).not.toEqual([expect.objectContaining({ letter: expect.anything() })]);
    await room.db.remove({});
    room.smtp.answers = { RCPT: "450 later" };
    await room.call("send", reset);
    await room.soon(room.stored, ([message]) => message!.tries === 1);
    room.skew = GIVE_UP_AFTER + 1000;
    await room.settled("failed");
    expect(room.smtp.letters).toEqual([]);
  });

  test("killed between the server's 250 and our write it is sent twice, and mailboxes can tell; before that, once", async () => {
    await room.open();
    const { dir, stop } = room.world;
    try {
      room.crash = true;
      await room.fact("order.fulfilled");
      await room.arrived(1);
      room.smtp.answers = { DATA: "451 try again" };
      await room.world.broker.stop();
      room.crash = false;
      room.skew = 3_600_000;
      await room.open({}, dir);
      await room.soon(room.stored, ([message]) => message!.tries === 1);
      await room.world.broker.stop();
      room.smtp.answers = {};
      room.skew += 3_600_000;
      await room.open({}, dir);
      await room.fact("order.fulfilled", { v: 9 });
      const [one, two] = await room.arrived(2);
      await room.settled("sent");
      expect(two!.headers.get("message-id")).toBe(one!.headers.get("message-id"));
      expect(two!.headers.get("date")).toBe(one!.headers.get("date"));
    } finally {
      await room.world.stop();
      await stop();
    }
  });
});
