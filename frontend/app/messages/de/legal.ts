import type en from "../en/legal.ts";

export default {
  title: "Rechtstexte",
  noOperator:
    "Die Einstellung OPERATOR ist leer: Noch steht niemand mit Namen für diesen Laden. Bis dahin ist er eine Vorführung, und nichts darin ist ein Angebot.",
  imprint: (operator) =>
    `${
      operator
        ? `Diesen Laden betreibt **${operator}**.`
        : "Dieser Laden ist eine Vorführung von Holdfast. Betrieben wird er von der Person, die dieses Exemplar der Software laufen lässt; sie nennt sich in der Einstellung `OPERATOR`."
    }

### Was dieser Laden ist

Holdfast ist ein Marktplatz: Verkäufer bieten digitale Güter an, Käufer kaufen sie von ihnen, und der Betreiber hält den Platz dazwischen in Gang. Bei jedem Angebot steht, wer es verkauft, und jede Bestellung geht an genau einen Verkäufer.

### Die Software

Holdfast ist freie Software unter der MIT-Lizenz. Wie Programme den Laden nutzen können, steht in der Beschreibung seiner Schnittstelle, unter \`/api/openapi.json\`.`,
  terms: (
    operator,
  ) => `Diese Bedingungen sagen, was geschieht, wenn Sie hier kaufen oder verkaufen. Sie beschreiben Schritt für Schritt, was die Software tut.${operator ? ` Betreiber des Ladens: ${operator}.` : ""}

### Wie ein Kauf abläuft

1. Sie drücken „Jetzt kaufen“. Eine Kopie wird **für Sie festgehalten**, so lange, wie die Kasse herunterzählt; niemand sonst kann sie in dieser Zeit kaufen.
2. Sie bezahlen mit Karte. Es gilt der Preis, den Sie sahen, als die Kopie für Sie festgehalten wurde, inklusive Steuern.
3. Sobald die Zahlung bestätigt ist, gehört die Ware Ihnen: ein Download, ein Lizenzschlüssel oder eine nummerierte Kopie, in Ihrer Bibliothek oder hinter dem Link, den Sie per E-Mail bekommen.

Bezahlen Sie nicht rechtzeitig, wird die Kopie wieder frei, und es wird **nichts abgebucht**. War Ihre Zahlung vorher schon erfolgreich, dann gilt sie: Die Kopie gehört Ihnen.

### Was nie geschieht

- Eine Kopie wird nie an zwei Personen verkauft.
- Für eine Bestellung wird nie zweimal abgebucht.
- Eine Zahlung ohne Ware wird von selbst erstattet: Was sich binnen einer Stunde nicht liefern lässt, bekommen Sie ganz zurück.

### Wartelisten

Ist etwas ausverkauft, können Sie auf eine Kopie warten. Kommt eine zurück, wird sie für die erste Person auf der Liste festgehalten, zum Preis dieses Augenblicks und für eine begrenzte Zeit. Warten kostet nichts und verpflichtet zu nichts.

### Für Verkäufer

Was Sie anbieten, müssen Sie verkaufen dürfen. Den Preis bestimmen Sie; der Betreiber behält von jedem Verkauf einen Anteil, den Ihr Studio zeigt. Sie können ein Angebot jederzeit zurückziehen: Was festgehalten oder gekauft ist, bleibt es, und wer gekauft hat, behält das Gekaufte.`,
  privacy: () => `Was dieser Laden von Ihnen weiß, wo er es aufbewahrt und wozu.

### Was auf dem Server gespeichert wird

- **Mit einem Konto:** Ihre E-Mail-Adresse, Ihr Name, ein gesalzener Hash Ihres Passworts (nie das Passwort selbst), die Sprache Ihrer E-Mails und wann und mit welchem Browser Sie sich angemeldet haben. Diese Anmeldungen sehen und beenden Sie in Ihrem Konto.
- **Mit einer Bestellung:** was Sie wann zu welchem Preis gekauft haben und wie die Zahlung ausging; ohne Konto auch Ihre E-Mail-Adresse, damit die Quittung und der Link zu Ihrer Ware ankommen.
- **Auf einer Warteliste:** worauf Sie warten, und ohne Konto Ihre E-Mail-Adresse.
- **Auf einer Wunschliste:** was darauf steht.

Kartennummern erreichen diesen Laden nie. Sie werden in das Formular des Zahlungsanbieters getippt (Stripe, oder im „Testbetrieb“ sein Stellvertreter), und der Laden erfährt nur, ob eine Zahlung gelang. Verkäufer sehen Ihren Namen oder „guest“ und was Sie gekauft haben, nicht aber Ihre E-Mail-Adresse.

### Cookies

Nur, was der Laden zum Arbeiten braucht; keine Werbung, keine Messung, nichts von anderen Seiten. Deshalb fragt Sie auch kein Banner.

- \`session\` und \`refresh\` halten Sie angemeldet; 15 Minuten und 30 Tage, erneuert, solange Sie wiederkommen.
- \`order_…\` öffnet eine Bestellung, die Sie ohne Konto aufgegeben haben; eines je Bestellung.
- \`lang\` merkt sich die Sprache, die Sie gewählt haben; ein Jahr.

### Was in Ihrem Browser bleibt

Ihr Warenkorb, was gerade für Sie festgehalten wird und die Wahl zwischen Hell und Dunkel liegen im Speicher dieses Browsers und werden nirgendwohin gesendet, bis Sie kaufen.

### Wer sonst etwas erfährt

Der Zahlungsanbieter erhält Ihre Zahlung. Ein Mailserver erhält die E-Mails, um die Sie gebeten haben: Quittungen, Links zu Ihrer Ware, Nachrichten von Wartelisten, neue Passwörter. Die Seiten laden nichts von anderen Servern; niemand sonst erfährt, dass Sie hier waren.`,
  refunds:
    () => `Digitale Güter werden sofort geliefert. Über eine Erstattung entscheidet deshalb der Verkäufer, außer wo etwas schiefging.

### Von selbst

- Was bezahlt ist und sich binnen einer Stunde nicht liefern lässt, wird **ganz erstattet**, ohne dass jemand darum bitten muss.
- Eine Zahlung, die für eine schon geschlossene Bestellung eintrifft, wird ganz erstattet, und zwar genau einmal.
- Wenn die Zeit zum Bezahlen abläuft oder Sie stornieren, wurde nichts abgebucht: Es gibt nichts zu erstatten.

### Durch den Verkäufer

Wenden Sie sich an den Verkäufer, der auf der Bestellung steht. Er erstattet aus der Bestellung heraus, immer die **ganze Bestellung**, auf die Karte, mit der bezahlt wurde. Auf der Seite der Bestellung steht dann „Erstattung läuft“ und, sobald der Zahlungsanbieter sie bestätigt hat, „Erstattet“. Bis Ihre Bank sie zeigt, können noch einige Tage vergehen.

### Was aus der Ware wird

Schlüssel, Downloads und nummerierte Kopien einer erstatteten Bestellung werden aus Ihrer Bibliothek genommen. Eine erstattete Kopie kommt nicht wieder in den Verkauf; ihre Nummer bleibt vergeben.

### Was Sie bezahlt haben, und nichts sonst

Erstattet wird die Summe der Bestellung, nach Abzug eines Rabatts. Es wird nichts einbehalten.`,
} satisfies typeof en;
