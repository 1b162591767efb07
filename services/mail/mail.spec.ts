import { expect, test } from "@jest/globals";
import { typeOf } from "../../core/errors.ts";
import { onBothStores } from "../../tests/broker.ts";
import { eventually } from "../../tests/till.ts";
import { guest, MailRoom, reset } from "./mail.harness.ts";
import { OLDEST_FACT } from "./message.ts";

onBothStores("mail", (env) => {
  const room = new MailRoom(env);

  test("a fulfilled order is told once, however often its fact comes; keys are not, links are", async () => {
    await room.open();
    await room.fact("order.fulfilled");
    // Nobody tells the sweeper.
    await eventually(room.stored, ([message]) => message?.state === "sent");
    await room.fact("order.fulfilled", { v: 6 });
    await room.fact("order.fulfilled", { v: 7 });
    await room.fact("order.refunded", { v: 8 });
    const [receipt, refund] = await room.arrived(2);
    expect(receipt!.to).toBe(guest);
    const id = receipt!.headers.get("message-id")!;
    expect(id).toMatch(/^<[0-9a-f]{40}@shop\.example>$/);
    expect(refund!.headers.get("message-id")).not.toBe(id);
    expect([...receipt!.headers.keys()]).not.toContain("bcc");
    expect(receipt!.raw).toContain("https://shop.example/open/o1/abc");
    expect(receipt!.raw).toContain("multipart/alternative");
  });

  test("one key and template is one letter; a user is written to in their language, a stranger not at all", async () => {
    await room.open();
    await Promise.all([room.call("send", reset), room.call("send", reset), room.call("send", reset)]);
    await room.arrived(1);
    await room.call("send", { ...reset, key: "r2", to: { user: "sue" } });
    const [, toSue] = await room.arrived(2);
    expect([toSue!.to, toSue!.headers.get("subject")]).toEqual(["sue@example.com", "Neues Passwort festlegen"]);
    await room.call("send", { ...reset, key: "r3", to: { user: "nobody" } });
    await room.call("send", { ...reset, key: "r4", lang: "de" });
    await room.arrived(3);
    expect(await room.db.count({})).toBe(3);
  });

  test("a fact older than a day is nobody's news", async () => {
    await room.open();
    const at = Date.now() - OLDEST_FACT;
    await room.fact("order.paid", { v: 1, at: at - 1000 });
    await room.fact("order.fulfilled", { v: 2, at: at - 1000 });
    await room.fact("order.refunded", { v: 3, at: at + 60_000 });
    await room.arrived(1);
    expect((await room.stored()).map(({ template }) => template)).toEqual(["refund"]);
  });

  test("a seller is told that an item runs low: once for what there is, and once more when that was added to", async () => {
    await room.open();
    await room.fact("order.paid", { v: 1, items: ["i1", "retired"] });
    const [low] = await room.arrived(1);
    expect(low!.to).toBe("sue@example.com");
    expect(low!.raw).toContain("https://shop.example/sell/items/i1");
    room.stock = { total: 9, available: 0, held: 0, sold: 9 };
    await room.fact("order.paid", { v: 2 });
    [room.stock, room.made] = [{ total: 20, available: 3, held: 0, sold: 17 }, 20];
    await room.fact("order.paid", { v: 3 });
    room.stock.available = 2;
    await room.fact("order.paid", { v: 4 });
    await room.arrived(2);
    expect(await room.db.count({})).toBe(2);
    [room.stock, room.made] = [{ total: 1, available: 0, held: 0, sold: 1 }, 1];
    await room.fact("order.paid", { v: 5, items: ["unique"] });
    [room.stock, room.made] = [{ total: 0, available: 0, held: 0, sold: 0 }, 0];
    await room.fact("order.paid", { v: 6, items: ["unlimited"] });
    room.orders["o1"] = null;
    await room.fact("order.refunded", { v: 7 });
    await room.call("send", reset);
    await room.arrived(3);
  });

  test("without SMTP_URL letters are kept for the developers' mailbox; with it, and in production, there is none", async () => {
    const refused = (work: Promise<unknown>) => work.then(() => "done", typeOf);
    await room.open();
    expect(await refused(room.call("mailbox"))).toBe("NOT_FOUND");
    await room.world.stop();
    const production = { NODE_ENV: "production", RATE_LIMIT: "on", DEMO_SHOP: "on", SMTP_URL: "" };
    await room.open(production);
    await room.call("send", reset);
    await room.soon(room.stored, ([message]) => message!.tries === 1);
    for (const [action, params] of [
      ["mailbox", {}],
      ["letter", { id: "r1:reset" }],
    ] as const)
      expect(await refused(room.call(action, params))).toBe("NOT_FOUND");
    await room.world.stop();

    await room.open({ SMTP_URL: "" });
    await room.call("send", reset);
    room.skew += 1000;
    await room.fact("order.fulfilled");
    type Row = { id: string; to: string; subject: string; text: string };
    const { rows } = await eventually(
      () => room.call<{ rows: Row[] }>("mailbox"),
      (box) => box.rows.length === 2,
    );
    expect(rows.map(({ subject }) => subject)).toEqual(["Your goods are ready", "Set a new password"]);
    expect(rows[1]!.text).toContain(reset.data.link);
    const letter = await room.call<{ html: string; headers: { name: string; value: string }[] }>("letter", {
      id: rows[0]!.id,
    });
    expect(letter.html).toContain("Night &#60;b&#62;Bus&#60;/b&#62; Bcc: eve@example.com");
    expect(letter.html).not.toContain("<b>");
    expect(letter.headers.map(({ name }) => name)).toEqual(["From", "To", "Subject", "Date", "Message-ID"]);
    expect(await refused(room.call("letter", { id: "nothing" }))).toBe("NOT_FOUND");
    expect(room.smtp.letters).toEqual([]);
  });
});
