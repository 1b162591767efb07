import { tableOf, type Words } from "./content.ts";

const TABLE = { discount: "Rabatt", total: "Summe" };
const GUEST = "Der Link öffnet die Bestellung ohne Passwort: Bitte nicht weitergeben.";

export const de: Words = {
  receipt: (order, format) => ({
    subject: "Deine Ware ist da",
    paragraphs: [
      `Danke für deinen Einkauf bei ${order.seller} am ${format.day(order.at)}. Alles liegt für dich bereit.`,
    ],
    rows: tableOf(order, format, TABLE),
    button: { label: "Bestellung öffnen", href: order.link },
    notes: [
      "Downloads und Lizenzschlüssel stehen auf dieser Seite; wir verschicken sie nie per Mail.",
      ...(order.guest ? [GUEST] : []),
    ],
  }),
  refund: (order, format) => ({
    subject: `Du bekommst dein Geld zurück: ${format.money(order.total)}`,
    paragraphs: [
      `Deine Bestellung bei ${order.seller} wurde am ${format.day(order.at)} vollständig erstattet.`,
      "Es kann einige Tage dauern, bis der Betrag auf deinem Konto erscheint.",
    ],
    rows: tableOf(order, format, TABLE),
    button: { label: "Bestellung ansehen", href: order.link },
    notes: order.guest ? [GUEST] : [],
  }),
  reset: ({ name, link }) => ({
    subject: "Neues Passwort festlegen",
    paragraphs: [
      `Hallo ${name}, jemand hat für dein Konto ein neues Passwort angefordert. Wenn du es warst, lege es hier fest.`,
    ],
    button: { label: "Neues Passwort festlegen", href: link },
    notes: ["Der Link gilt einmal und eine Stunde lang. Wenn du ihn nicht angefordert hast, ist nichts zu tun."],
  }),
  find: ({ orders }, format) => ({
    subject: orders.length > 1 ? `Deine ${orders.length} Bestellungen` : "Deine Bestellung",
    paragraphs: [
      "Das wurde in den letzten 90 Tagen mit dieser E-Mail-Adresse gekauft. Jeder Link öffnet die Bestellung daneben.",
    ],
    rows: orders.map(({ titles, total, at, link }) => ({
      label: `${format.day(at)}: ${titles.join(", ")}`,
      value: format.money(total),
      href: link,
    })),
    notes: ["Die Links gelten ohne Passwort: Bitte nicht weitergeben."],
  }),
  granted: ({ title, expiresAt, link }, format) => ({
    subject: `Für dich reserviert: ${title}`,
    paragraphs: [
      `Du bist an der Reihe: Ein Exemplar von „${title}“ ist wieder da und bis ${format.moment(expiresAt)} für dich reserviert.`,
      "Danach bekommt es, wer als Nächstes wartet.",
    ],
    button: { label: "Jetzt kaufen", href: link },
  }),
  low: ({ title, left, link }) => ({
    subject: left === 0 ? `Ausverkauft: ${title}` : `Nur noch ${left}: ${title}`,
    paragraphs: [
      left === 0
        ? `Von „${title}“ ist kein Exemplar mehr verfügbar.`
        : `Von „${title}“ ${left === 1 ? "ist noch ein Exemplar" : `sind noch ${left} Exemplare`} da.`,
      "Wenn du mehr hast, stelle sie ein, bevor jemand leer ausgeht.",
    ],
    button: { label: "Zum Bestand", href: link },
    notes: ["Wir melden das einmal, und erst wieder, nachdem du Exemplare ergänzt hast."],
  }),
};
