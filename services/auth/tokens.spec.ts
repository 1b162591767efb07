import { describe, expect, test } from "@jest/globals";
import { createSecretKey } from "node:crypto";
import jwt from "jsonwebtoken";
import { ACCESS_SECONDS, issueAccess, readAccess, type Caller } from "./tokens.ts";

const keyed = (secret: string) => ({ jwt: createSecretKey(Buffer.from(secret)) });
const secrets = keyed("a secret that only this spec knows");
const ada: Caller = { id: "u1", name: "Ada", roles: ["buyer", "seller"] };
/** Far from the machine's clock: the functions know no other time than the one they are given. */
const NOW = Date.UTC(2040, 0, 1);
const AFTER = NOW + ACCESS_SECONDS * 1000;

const unsigned = (part: object) => Buffer.from(JSON.stringify(part)).toString("base64url");
const good = { sub: "u1", name: "Ada", roles: ["buyer"], iat: NOW / 1000, exp: AFTER / 1000 };

describe("access tokens", () => {
  test("say who is calling, for 15 minutes and no longer", () => {
    const token = issueAccess(secrets, ada, NOW);
    expect(readAccess(secrets, token, NOW)).toEqual(ada);
    expect(readAccess(secrets, token, AFTER - 1)).toEqual(ada);
    expect(readAccess(secrets, token, AFTER)).toBeNull();
    expect(jwt.decode(token)).toEqual({ ...good, roles: ada.roles });
  });

  test("are refused under another secret, or altered", () => {
    const [head, body, signature] = issueAccess(secrets, ada, NOW).split(".");
    expect(readAccess(keyed("another secret, as long as the first"), `${head}.${body}.${signature}`, NOW)).toBeNull();
    expect(readAccess(secrets, `${head}.${unsigned({ ...good, roles: ["admin"] })}.${signature}`, NOW)).toBeNull();
    expect(readAccess(secrets, "", NOW)).toBeNull();
    expect(readAccess(secrets, "no.token.atall", NOW)).toBeNull();
  });

  test("do not choose how they are verified", () => {
    const none = `${unsigned({ alg: "none", typ: "JWT" })}.${unsigned(good)}.`;
    expect(readAccess(secrets, none, NOW)).toBeNull();
    expect(readAccess(secrets, jwt.sign(good, secrets.jwt, { algorithm: "HS512" }), NOW)).toBeNull();
    expect(readAccess(secrets, jwt.sign(good, secrets.jwt, { algorithm: "HS256" }), NOW)).not.toBeNull();
  });

  test("are refused when a claim is missing, or is of no kind we know", () => {
    const signed = (claims: object) => readAccess(secrets, jwt.sign(claims, secrets.jwt), NOW);
    const { exp: _, ...endless } = good;
    expect(signed(endless)).toBeNull();
    expect(signed({ ...good, sub: "" })).toBeNull();
    expect(signed({ ...good, roles: ["emperor"] })).toBeNull();
  });
});
