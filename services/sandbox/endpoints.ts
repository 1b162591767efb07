import { same } from "./auth.ts";
import { invalid, missing, parameterMissing } from "./errors.ts";
import type { Form } from "./form.ts";
import * as intents from "./intents.ts";
import { array, boolean, integer, metadata, object, oneOf, read, required, span, text, webUrl } from "./params.ts";
import type { Event, Intent, Subject } from "./records.ts";
import * as refunds from "./refunds.ts";
import type { Page, Shelf } from "./shelf.ts";
import type { Given, Step } from "./step.ts";
import type { Store } from "./store.ts";

interface Call {
  /** The id in the path. */
  id: string;
  form: Form;
  store: Store;
  given: Given;
  /** With the publishable key alone: then it takes the intent's client secret as well. */
  isPublic: boolean;
}

/** Either something to show, or a decision to carry out whose result is shown. */
export type Answer = { show: Subject | Event } | { page: Page<Subject | Event> } | { step: Step };

export interface Endpoint {
  returns: Subject["object"] | Event["object"];
  isList?: true;
  /** A browser may call it, with the publishable key. */
  isOpen?: true;
  answer(call: Call): Answer;
}

const PAGING = { limit: integer(1, 100), starting_after: text, ending_before: text, created: span };

const NEW_INTENT = {
  amount: required(integer(1, Number.MAX_SAFE_INTEGER)),
  currency: required(text),
  metadata,
  description: text,
  receipt_email: text,
  allowed_payment_method_types: array(oneOf("card")),
  automatic_payment_methods: object({ enabled: required(boolean), allow_redirects: oneOf("always", "never") }),
  capture_method: oneOf("automatic", "automatic_async"),
  payment_method: text,
  confirm: boolean,
  return_url: webUrl,
};

/** The last two are sent by Stripe.js and change nothing here. */
const CONFIRMATION = {
  client_secret: text,
  payment_method: text,
  return_url: webUrl,
  receipt_email: text,
  use_stripe_sdk: boolean,
  expected_payment_method_type: oneOf("card"),
};

const NEW_REFUND = {
  payment_intent: text,
  charge: text,
  amount: integer(1, Number.MAX_SAFE_INTEGER),
  reason: oneOf("duplicate", "fraudulent", "requested_by_customer"),
  metadata,
};

const CANCELLATION = { cancellation_reason: oneOf("duplicate", "fraudulent", "requested_by_customer", "abandoned") };

/** Stripe's API, as far as the sandbox speaks it, by method and path. */
const ENDPOINTS: Record<string, Endpoint> = {
  "POST /v1/payment_intents": { returns: "payment_intent", answer: createIntent },
  "GET /v1/payment_intents": {
    returns: "payment_intent",
    isList: true,
    answer: ({ form, store }) => ({ page: pageOf(store.intents, read(form, PAGING), "payment_intent") }),
  },
  "GET /v1/payment_intents/:id": {
    returns: "payment_intent",
    isOpen: true,
    answer: (call) => ({ show: intentOf(call, read(call.form, { client_secret: text }).client_secret) }),
  },
  "POST /v1/payment_intents/:id/confirm": { returns: "payment_intent", isOpen: true, answer: confirmIntent },
  "POST /v1/payment_intents/:id/cancel": {
    returns: "payment_intent",
    answer(call) {
      const { cancellation_reason } = read(call.form, CANCELLATION);
      return { step: intents.cancel(intentOf(call), cancellation_reason ?? null, call.given) };
    },
  },
  "GET /v1/charges/:id": {
    returns: "charge",
    answer: ({ id, form, store }) => ({ show: known(store.charges, id, "charge", form) }),
  },
  "POST /v1/refunds": { returns: "refund", answer: createRefund },
  "GET /v1/refunds": { returns: "refund", isList: true, answer: listRefunds },
  "GET /v1/refunds/:id": {
    returns: "refund",
    answer: ({ id, form, store }) => ({ show: known(store.refunds, id, "refund", form) }),
  },
  "GET /v1/events": { returns: "event", isList: true, answer: listEvents },
  "GET /v1/events/:id": {
    returns: "event",
    answer: ({ id, form, store }) => ({ show: known(store.events, id, "event", form) }),
  },
};

const routes = Object.entries(ENDPOINTS).map(([route, endpoint]) => ({
  pattern: new RegExp(`^${route.replace(":id", "(\\w+)")}$`),
  endpoint,
}));

export function endpointOf(method: string, path: string): { endpoint: Endpoint; id: string } | undefined {
  for (const { pattern, endpoint } of routes) {
    const found = pattern.exec(`${method} ${path}`);
    if (found) return { endpoint, id: found[1] ?? "" };
  }
  return undefined;
}

function createIntent({ form, given }: Call): Answer {
  const wanted = read(form, NEW_INTENT);
  const { allowed_payment_method_types: allowed, automatic_payment_methods: automatic } = wanted;
  const created = intents.create(
    {
      amount: wanted.amount,
      currency: wanted.currency,
      metadata: wanted.metadata,
      description: wanted.description,
      receiptEmail: wanted.receipt_email,
      allowed,
      // Where nothing is said, Stripe takes what is enabled in the dashboard.
      automatic: allowed || automatic?.enabled === false ? null : (automatic?.allow_redirects ?? "always"),
      capture: wanted.capture_method,
      method: wanted.payment_method,
    },
    given,
  );
  if (!wanted.confirm) return { step: created };
  const confirmed = intents.confirm(created.result, { returnUrl: wanted.return_url }, given);
  return { step: { ...confirmed, events: [...created.events, ...confirmed.events] } };
}

function confirmIntent(call: Call): Answer {
  const { client_secret, payment_method, return_url, receipt_email } = read(call.form, CONFIRMATION);
  const intent = intentOf(call, client_secret);
  const confirmation = { method: payment_method, returnUrl: return_url, receiptEmail: receipt_email };
  return { step: intents.confirm(intent, confirmation, call.given) };
}

function createRefund({ form, store, given }: Call): Answer {
  const { payment_intent, charge: charged, ...wanted } = read(form, NEW_REFUND);
  if (payment_intent === undefined && charged === undefined) throw parameterMissing("payment_intent");
  const charge = charged === undefined ? undefined : store.charges.get(charged);
  if (charged !== undefined && !charge) throw missing("charge", charged, "charge");
  const intent = store.intents.get(payment_intent ?? charge!.intent);
  if (!intent) throw missing("payment_intent", payment_intent!, "payment_intent");
  if (charge && charge.intent !== intent.id)
    throw invalid(`Charge ${charge.id} is not of PaymentIntent ${intent.id}`, { param: "charge" });
  return { step: refunds.create(intent, charge ?? store.charges.get(intent.charge ?? ""), wanted, given) };
}

function listRefunds({ form, store }: Call): Answer {
  const { payment_intent, charge, ...paging } = read(form, { ...PAGING, payment_intent: text, charge: text });
  const intent = payment_intent ?? (charge && (store.charges.get(charge)?.intent ?? ""));
  const shelf = intent === undefined ? store.refunds : store.refundsOf(intent);
  return { page: pageOf(shelf, paging, "refund", (refund) => charge === undefined || refund.charge === charge) };
}

function listEvents({ form, store }: Call): Answer {
  const { type, types, ...paging } = read(form, { ...PAGING, type: text, types: array(text) });
  const wanted = types ?? (type === undefined ? undefined : [type]);
  const fits = (event: Event) => wanted === undefined || wanted.some((one) => matches(one, event.type));
  return { page: pageOf(store.events, paging, "event", fits) };
}

/** `charge.*` stands for every type that begins so. */
const matches = (wanted: string, type: string) =>
  wanted.endsWith("*") ? type.startsWith(wanted.slice(0, -1)) : type === wanted;

function intentOf({ id, store, isPublic }: Call, clientSecret?: string): Intent {
  const intent = store.intents.get(id);
  if (!intent) throw missing("payment_intent", id);
  if (isPublic && clientSecret === undefined) throw parameterMissing("client_secret");
  if (clientSecret !== undefined && !same(clientSecret, intent.clientSecret)) {
    throw invalid("The client_secret provided does not match the client_secret associated with the PaymentIntent.", {
      code: "payment_intent_invalid_parameter",
      param: "client_secret",
    });
  }
  return intent;
}

function known<T extends Subject | Event>(shelf: Shelf<T>, id: string, object: string, form: Form): T {
  read(form, {});
  const row = shelf.get(id);
  if (!row) throw missing(object, id);
  return row;
}

type Wanted = ReturnType<typeof read<typeof PAGING>>;

function pageOf<T extends Subject | Event>(
  shelf: Shelf<T>,
  wanted: Wanted,
  object: string,
  match?: (row: T) => boolean,
): Page<T> {
  const { limit = 10, starting_after: after, ending_before: before, created } = wanted;
  if (after !== undefined && !shelf.get(after)) throw missing(object, after, "starting_after");
  if (before !== undefined && !shelf.get(before)) throw missing(object, before, "ending_before");
  return shelf.page({ limit, after, before, created }, match);
}
