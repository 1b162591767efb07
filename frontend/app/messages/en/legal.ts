/** What the software does, said to those who use it. Whoever runs a shop has these texts checked and names themself in `OPERATOR`. */
export default {
  title: "Legal texts",
  noOperator:
    "Setting OPERATOR is empty: nobody has put their name to this shop yet. Until then it is a demonstration, and nothing in it is an offer.",
  imprint: (operator: string) =>
    `${
      operator
        ? `This shop is run by **${operator}**.`
        : "This shop is a demonstration of Holdfast. Its operator is whoever runs this copy of the software, and names themself in the setting `OPERATOR`."
    }

### What this shop is

Holdfast is a marketplace: sellers list digital goods, buyers buy them from the sellers, and the operator runs the place between them. Each item names its seller, and each order has exactly one.

### The software

Holdfast is free software under the MIT licence. How the shop can be used by programs is described in its API document, at \`/api/openapi.json\`.`,
  terms: (
    operator: string,
  ) => `These terms say what happens when you buy or sell here. They describe what the software does, step by step.${operator ? ` The shop is run by ${operator}.` : ""}

### How a purchase happens

1. You press “Buy now”. A copy is **held for you**, for the time that the checkout counts down, and nobody else can buy it meanwhile.
2. You pay by card. The price you pay is the price you saw when the hold began, tax included.
3. The moment the payment is confirmed, the goods are yours: a download, a licence key or a numbered copy, in your library or behind the link that you were mailed.

If you do not pay in time, the hold lapses, **nothing is charged**, and the copy is on sale again. If your payment had succeeded before that, it counts: the copy is yours.

### What is never done

- One copy is never sold to two people.
- Nobody is charged twice for one order.
- A payment that brings no goods is refunded by itself: what cannot be delivered within an hour is paid back in full.

### Waiting lists

Where an item is sold out you can wait for a copy. One that comes back is held for whoever is first in line, at the price of that moment, and for a limited time. To wait costs nothing and binds you to nothing.

### For sellers

What you list has to be yours to sell. You set the price; the operator keeps a share of each sale, which your studio shows. You may retire an item at any time: holds and purchases stand, and buyers keep what they bought.`,
  privacy: () => `What this shop knows of you, where it keeps it, and what for.

### What is stored on the server

- **With an account:** your e-mail address, your name, a salted hash of your password (never the password), the language of your mails, and when and with which browser you signed in. You see and end those sessions in your account.
- **With an order:** what you bought, when, for how much, and how the payment ended; as a guest also your e-mail address, so that the receipt and the link to your goods reach you.
- **On a waiting list:** which item you wait for, and as a guest your e-mail address.
- **On a wish list:** the items on it.

Card numbers never reach this shop. They are typed into the payment provider's form (Stripe, or its test double under “Test mode”), and the shop learns only whether a payment succeeded. Sellers see your name, or “guest”, and what you bought; they do not see your e-mail address.

### Cookies

Only what the shop cannot do without; no advertising, no measuring, nothing from other sites. That is why no banner asks you.

- \`session\` and \`refresh\`: keep you signed in; 15 minutes and 30 days, renewed while you come back.
- \`order_…\`: opens an order that you placed as a guest; one for each order.
- \`lang\`: the language you chose; one year.

### What stays in your browser

Your basket, your open holds and the choice between light and dark are kept in this browser's storage and are never sent anywhere until you buy.

### Who else gets something

The payment provider gets your payment. A mail server gets the mails that you asked for: receipts, links to your goods, waiting-list notices, new passwords. Pages load nothing from other hosts, so nobody else learns that you were here.`,
  refunds:
    () => `Digital goods are delivered at once, so a refund is the seller's decision, except where something went wrong.

### By themselves

- What is paid and cannot be delivered within an hour is **refunded in full**, without anybody having to ask.
- A payment that arrives for an order that is closed already is refunded in full, exactly once.
- A hold that lapses, or that you cancel, was never charged: there is nothing to refund.

### By the seller

Ask the seller named on the order. They refund from the order itself, always the **whole order**, back to the card that paid. You see “Refund on its way” on the order's page, and “Refunded” when the payment provider has confirmed it. Your bank may take some days more to show it.

### What a refund means for the goods

Keys, downloads and numbered copies of a refunded order are withdrawn from your library. A refunded copy does not go back on sale; its number stays retired.

### What you paid, and nothing else

The amount is the total of the order, after any discount. Nothing is kept back.`,
};
