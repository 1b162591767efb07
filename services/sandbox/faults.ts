import { Type, type Static } from "typebox";
import type { Runtime } from "../../core/runtime.ts";
import { closed, judge } from "../../core/validator.ts";
import { invalid } from "./errors.ts";

const Rate = Type.Number({ minimum: 0, maximum: 1 });
const Millis = Type.Number({ minimum: 0, maximum: 600_000 });
const Delay = Type.Union([Millis, Type.Tuple([Millis, Millis])]);

/** What is asked for; whatever is left out goes well. */
const Wanted = closed(
  Type.Object({
    webhooks: Type.Optional(
      Type.Object({
        delayMs: Type.Optional(Delay),
        duplicate: Type.Optional(Rate),
        drop: Type.Optional(Rate),
        reorder: Type.Optional(Rate),
      }),
    ),
    api: Type.Optional(
      Type.Object({ error: Type.Optional(Rate), hang: Type.Optional(Rate), delayMs: Type.Optional(Delay) }),
    ),
  }),
);
const judgeWanted = judge(Wanted);

type Range = readonly [min: number, max: number];

/** Rates are 0 to 1, delays milliseconds. */
export interface Faults {
  /** `drop`: counted as delivered and never sent. `reorder`: held back until a later one was sent. */
  webhooks: { delayMs: Range; duplicate: number; drop: number; reorder: number };
  /** `error`: a 500 instead of any effect. `hang`: no answer for a minute, the effect may have happened or not. */
  api: { error: number; hang: number; delayMs: Range };
}

export const NO_FAULTS: Faults = {
  webhooks: { delayMs: [0, 0], duplicate: 0, drop: 0, reorder: 0 },
  api: { error: 0, hang: 0, delayMs: [0, 0] },
};

/** Reads the JSON body of a `PUT /v1/test/faults`. */
export function parseFaults(body: string): Faults {
  let wanted: Static<typeof Wanted>;
  try {
    wanted = JSON.parse(body);
  } catch {
    throw invalid("The body is not valid JSON");
  }
  const [fault] = judgeWanted(wanted) ?? [];
  if (fault) throw invalid(`Invalid ${fault.field || "body"} (${fault.rule})`, { param: fault.field });
  const { webhooks = {}, api = {} } = wanted;
  return {
    webhooks: { ...NO_FAULTS.webhooks, ...webhooks, delayMs: range(webhooks.delayMs, "webhooks.delayMs") },
    api: { ...NO_FAULTS.api, ...api, delayMs: range(api.delayMs, "api.delayMs") },
  };
}

function range(delay: Static<typeof Delay> = 0, param: string): Range {
  const [min, max] = typeof delay === "number" ? [delay, delay] : delay;
  if (min > max) throw invalid(`Invalid ${param}: the first is the shortest delay, the second the longest`, { param });
  return [min, max];
}

/** Throws the dice. */
export const befalls = (rate: number, runtime: Runtime): boolean => rate > 0 && runtime.random() < rate;
export const within = ([min, max]: Range, runtime: Runtime): number => min + (max - min) * runtime.random();
