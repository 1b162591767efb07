import { tableOf, type Words } from "./content.ts";

const TABLE = { discount: "Discount", total: "Total" };
const GUEST = "The link opens your order without a password: keep it to yourself.";

export const en: Words = {
  receipt: (order, format) => ({
    subject: "Your goods are ready",
    paragraphs: [
      `Thank you for buying from ${order.seller} on ${format.day(order.at)}. Everything is waiting for you.`,
    ],
    rows: tableOf(order, format, TABLE),
    button: { label: "Open your order", href: order.link },
    notes: [
      "Downloads and licence keys are on that page; we never send them by mail.",
      ...(order.guest ? [GUEST] : []),
    ],
  }),
  refund: (order, format) => ({
    subject: `Your money is on its way back: ${format.money(order.total)}`,
    paragraphs: [
      `Your order from ${order.seller} was refunded in full on ${format.day(order.at)}.`,
      "The bank may take a few days until you see it on your account.",
    ],
    rows: tableOf(order, format, TABLE),
    button: { label: "See the order", href: order.link },
    notes: order.guest ? [GUEST] : [],
  }),
  reset: ({ name, link }) => ({
    subject: "Set a new password",
    paragraphs: [`Hello ${name}, somebody asked for a new password for your account. If it was you, set it here.`],
    button: { label: "Set a new password", href: link },
    notes: ["The link works once, for an hour. If you did not ask for it, there is nothing to do."],
  }),
  find: ({ orders }, format) => ({
    subject: orders.length > 1 ? `Your ${orders.length} orders` : "Your order",
    paragraphs: ["Here is what was bought with this e-mail address in the last 90 days. Each link opens its order."],
    rows: orders.map(({ titles, total, at, link }) => ({
      label: `${format.day(at)}: ${titles.join(", ")}`,
      value: format.money(total),
      href: link,
    })),
    notes: ["The links work without a password: keep them to yourself."],
  }),
  granted: ({ title, expiresAt, link }, format) => ({
    subject: `A copy is held for you: ${title}`,
    paragraphs: [
      `Your turn has come: a copy of “${title}” came back, and we hold it for you until ${format.moment(expiresAt)}.`,
      "After that it goes to the next in line.",
    ],
    button: { label: "Buy it now", href: link },
  }),
  low: ({ title, left, link }) => ({
    subject: left === 0 ? `Sold out: ${title}` : `Only ${left} left: ${title}`,
    paragraphs: [
      left === 0
        ? `No copy of “${title}” is available any more.`
        : `There ${left === 1 ? "is one copy" : `are ${left} copies`} of “${title}” left.`,
      "If you have more, add them before anybody is turned away.",
    ],
    button: { label: "Look after the stock", href: link },
    notes: ["We tell you once, and again only after you have added copies."],
  }),
};
