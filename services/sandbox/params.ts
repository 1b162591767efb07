import { invalid, parameterMissing } from "./errors.ts";
import type { Form } from "./form.ts";

/** Reads one parameter; throws an ApiError in Stripe's words when it is not what it should be. */
type Reader<T> = (value: string | Form, param: string) => T;
type Field = Reader<unknown> & { required?: true };
type Shape = Record<string, Field>;
type Read<S extends Shape> = {
  [N in keyof S as S[N] extends { required: true } ? N : never]: ReturnType<S[N]>;
} & { [N in keyof S as S[N] extends { required: true } ? never : N]?: ReturnType<S[N]> };

/** Reads the parameters of a request, and refuses what its endpoint does not know. */
export function read<S extends Shape>(form: Form, shape: S, outer?: string): Read<S> {
  const nameOf = (name: string) => (outer ? `${outer}[${name}]` : name);
  for (const name of Object.keys(form)) {
    if (Object.hasOwn(shape, name)) continue;
    // As Stripe does, it helps who uses an older name: `payment_method_types` became `allowed_payment_method_types` in 2026.
    const similar = Object.keys(shape).find((known) => known.endsWith(name));
    const hint = similar ? `. Did you mean ${nameOf(similar)}?` : "";
    throw invalid(`Received unknown parameter: ${nameOf(name)}${hint}`, {
      code: "parameter_unknown",
      param: nameOf(name),
    });
  }
  const result: Record<string, unknown> = {};
  for (const [name, reader] of Object.entries(shape)) {
    const value = form[name];
    if (value !== undefined) result[name] = reader(value, nameOf(name));
    else if (reader.required) throw parameterMissing(nameOf(name));
  }
  return result as Read<S>;
}

export const required = <T>(reader: Reader<T>) =>
  Object.assign((value: string | Form, param: string) => reader(value, param), { required: true as const });

export const text: Reader<string> = (value, param) => {
  if (typeof value === "object") throw invalid("Invalid string: an object was given", { param });
  if (value === "")
    throw invalid(`You passed an empty string for '${param}'.`, { code: "parameter_invalid_empty", param });
  if (value.length > 5000) throw invalid(`Invalid string: '${param}' must be at most 5000 characters`, { param });
  return value;
};

export const integer =
  (min: number, max: number): Reader<number> =>
  (value, param) => {
    const digits = text(value, param);
    const code = "parameter_invalid_integer";
    if (!/^-?\d+$/.test(digits)) throw invalid(`Invalid integer: ${digits}`, { code, param });
    const number = Number(digits);
    if (number < min) throw invalid(`This value must be greater than or equal to ${min}.`, { code, param });
    if (number > max) throw invalid(`This value must be less than or equal to ${max}.`, { code, param });
    return number;
  };

export const oneOf =
  <const S extends string>(...values: S[]): Reader<S> =>
  (value, param) => {
    if (values.includes(value as S)) return value as S;
    throw invalid(`Invalid ${param}: must be one of ${values.join(", ")}`, { param });
  };

export const boolean: Reader<boolean> = (value, param) => oneOf("true", "false")(value, param) === "true";

export const webUrl: Reader<string> = (value, param) => {
  const url = text(value, param);
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return url;
  throw invalid("Not a valid URL", { code: "url_invalid", param });
};

export const object =
  <S extends Shape>(shape: S): Reader<Read<S>> =>
  (value, param) => {
    if (typeof value === "string") throw invalid("Invalid object", { param });
    return read(value, shape, param);
  };

export const array =
  <T>(reader: Reader<T>): Reader<T[]> =>
  (value, param) => {
    if (typeof value === "string") throw invalid("Invalid array", { param });
    return Object.entries(value).map(([index, item]) => reader(item, `${param}[${index}]`));
  };

/** Up to 50 keys of 40 characters with values of 500. An empty value is one that was unset. */
export const metadata: Reader<Record<string, string>> = (value, param) => {
  if (value === "") return {};
  if (typeof value === "string") throw invalid("Invalid object", { param });
  const kept = Object.entries(value).filter(([, item]) => item !== "");
  if (kept.length > 50) throw invalid(`You can have up to 50 metadata keys, but you passed ${kept.length}.`, { param });
  for (const [key, item] of kept) {
    if (key.length > 40) throw invalid(`Metadata keys can have up to 40 characters. Invalid key: ${key}`, { param });
    if (text(item, `${param}[${key}]`).length > 500)
      throw invalid("Metadata values can have up to 500 characters.", { param: `${param}[${key}]` });
  }
  return Object.fromEntries(kept) as Record<string, string>;
};

/** Seconds since the epoch, both ends included. */
export interface Span {
  from: number;
  to: number;
}

const seconds = integer(0, Number.MAX_SAFE_INTEGER);
const bounds = object({ gt: seconds, gte: seconds, lt: seconds, lte: seconds });

/** `created=1` or `created[gte]=1`. */
export const span: Reader<Span> = (value, param) => {
  if (typeof value === "string") {
    const at = seconds(value, param);
    return { from: at, to: at };
  }
  const { gt = -1, gte = 0, lt = Infinity, lte = Infinity } = bounds(value, param);
  return { from: Math.max(gt + 1, gte), to: Math.min(lt - 1, lte) };
};
