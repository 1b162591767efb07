import type { IncomingHttpHeaders } from "node:http";
import { cookiesOf } from "./cookies.ts";

/** The languages that the shop speaks, the one for everybody else first. */
const LANGUAGES = ["en", "de"] as const;
export type Language = (typeof LANGUAGES)[number];

/** The cookie in which the storefront keeps what somebody chose. */
const COOKIE = "lang";

/** The language that was chosen here, or that the browser likes best of ours; undefined when it likes none of them. */
export function preferredLanguage(headers: IncomingHttpHeaders): Language | undefined {
  return spoken(cookiesOf(headers.cookie).get(COOKIE)) ?? accepted(headers["accept-language"] ?? "");
}

/** The language of a reply to this request. */
export const languageOf = (headers: IncomingHttpHeaders): Language => preferredLanguage(headers) ?? LANGUAGES[0];

/** RFC 9110, 12.5.4: "de-AT,de;q=0.9,en;q=0.8", where a language without a weight weighs 1 and one of weight 0 is unwanted. */
function accepted(header: string): Language | undefined {
  return header
    .split(",")
    .map((range) => {
      const [tag = "", ...parameters] = range.split(";").map((part) => part.trim().toLowerCase());
      const weight = parameters.find((parameter) => parameter.startsWith("q="));
      return { language: spoken(tag.split("-", 1)[0]), weight: weight ? Number(weight.slice(2)) : 1 };
    })
    .filter(({ language, weight }) => language && weight > 0)
    .toSorted((a, b) => b.weight - a.weight)[0]?.language;
}

const spoken = (tag: string | undefined): Language | undefined => LANGUAGES.find((language) => language === tag);
