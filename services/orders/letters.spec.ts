import { expect, test } from "@jest/globals";
import type { Meta } from "../../core/contract.ts";
import { onBothStores } from "../../tests/broker.ts";
import { eventually } from "../../tests/till.ts";
import mail from "../mail/mail.service.ts";
import type { Contact } from "./contact.ts";
import { OrderDesk, refusal } from "./orders.harness.ts";

const DAY = 24 * 3600_000;
const german: Meta = { lang: "de" };

onBothStores("letters about orders", (env) => {
  const desk = new OrderDesk(env, [mail]);
  const letters = async (to: string) => {
    const { rows } = await desk.call<{ rows: { to: string; subject: string; text: string }[] }>("mail.mailbox", {});
    return rows.filter((row) => row.to === to);
  };
  const asked = (email: string, meta: Meta = {}) => desk.call("orders.find", { email }, { meta });
  const arrived = (to: string, count: number) =>
    eventually(
      () => letters(to),
      (rows) => rows.length === count,
    );

  test("a guest has links to their own orders mailed: those of 90 days that came to something, the newest ten", async () => {
    const email = "ada@example.com";
    const { id } = await desk.item({ stock: 20, title: "Night Bus" });
    const buy = (who = email) => desk.create(id, { email: who }, { meta: {} });
    const old = await buy();
    const mine = { meta: { guestOrders: [old.id] } };
    await desk.pay(old.id, mine);
    await arrived(email, 1);
    desk.skew += 91 * DAY;
    await buy();
    await asked(email);
    expect((await arrived(email, 2))[0]!.text).not.toContain(old.id);
    const cancelled = await buy();
    await desk.call("orders.cancel", { id: cancelled.id }, { meta: { guestOrders: [cancelled.id] } });
    const other = await buy("eve@example.com");
    const made: string[] = [];
    for (let n = 0; n < 11; n++) {
      desk.skew += 10;
      made.unshift((await buy("ADA@Example.com")).id);
    }
    await asked("Ada@example.com", german);
    const { subject, text } = (await arrived(email, 3))[0]!;
    expect(subject).toBe("Deine 10 Bestellungen");
    const links = [...text.matchAll(/\/open\/(\w+)\/([0-9a-f]{64})/g)].map(([, order]) => order);
    expect(links).toEqual(made.slice(0, 10));
    for (const hidden of [old.id, cancelled.id, other.id]) expect(text).not.toContain(hidden);
  });

  test("whoever has no orders gets no letter, and users' orders are not a guest's", async () => {
    const { id } = await desk.item();
    await desk.create(id, {}, desk.bob);
    expect(await asked("bob@example.com")).toBeNull();
    expect(await asked("nobody@example.com")).toBeNull();
    const { id: last } = await desk.create(id, { email: "last@example.com" }, { meta: {} });
    await asked("last@example.com");
    expect((await arrived("last@example.com", 1))[0]!.text).toContain(last);
    expect([...(await letters("bob@example.com")), ...(await letters("nobody@example.com"))]).toEqual([]);
    expect(await refusal(desk.call("orders.find", { email: { $gt: "" } }))).toBe("VALIDATION_ERROR");
  });

  test("buyers are told when their goods are there and when their money is on its way, in the language they bought in", async () => {
    const { id } = await desk.item({ price: { amount: 1250, currency: "eur" } });
    const guest = { email: "guest@example.com" };
    const order = await desk.create(id, guest, { meta: german });
    const mine: { meta: Meta } = { meta: { guestOrders: [order.id] } };
    await desk.pay(order.id, mine);
    const [receipt] = await arrived(guest.email, 1);
    expect(receipt!.subject).toBe("Deine Ware ist da");
    expect(receipt!.text).toMatch(/12,50\s€/);
    const { link, ...contact } = await desk.call<Contact>("orders.contact", { id: order.id });
    expect(contact).toMatchObject({ buyer: guest.email, lang: "de", total: 1250 });
    expect(receipt!.text).toContain(link);
    expect(order.token).toBe(link.split("/").slice(-2).join("."));
    await desk.call("orders.refund", { id: order.id }, desk.sue);
    await arrived(guest.email, 2);
    expect((await letters(guest.email))[0]!.subject).toMatch(/^Du bekommst dein Geld zurück: 12,50/);

    const bobs = await desk.create(id, {}, desk.bob);
    await desk.pay(bobs.id);
    const [toBob] = await arrived("bob@example.com", 1);
    expect(toBob!.subject).toBe("Your goods are ready");
    expect(toBob!.text).toContain(`/orders/${bobs.id}\n`);
    expect(toBob!.text).not.toContain("/open/");
    expect(await desk.call("orders.contact", { id: "nothing" })).toBeNull();
  });

  test("the seller is told once that an item runs low, and once more after adding to it", async () => {
    const { id } = await desk.item({ stock: 2, title: "Low tide" });
    const sell = async () => {
      const { id: order } = await desk.create(id);
      await desk.pay(order);
      await desk.reaches(order, "fulfilled");
      return order;
    };
    const told = async () => (await letters("sue@example.com")).filter(({ text }) => text.includes("Low tide"));
    const times = (count: number) => eventually(told, (rows) => rows.length === count);
    const first = await sell();
    await times(1);
    await desk.call("orders.refund", { id: first }, desk.sue);
    await desk.reaches(first, "refunded");
    await sell();
    await desk.call("items.update", { id, stock: 3 }, desk.sue);
    await sell();
    await times(2);
  });
});
