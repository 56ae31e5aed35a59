// Which values of variables are keys: each known kind by how it begins, others by the variable's name.

import { expect, test } from "vitest";
import { keyBeginnings, keyStarts } from "../../../src/contracts/text/secret-shapes.ts";
import { isKeyOfSomebody } from "../../../src/platform/processes/child-env.ts";

const letters = "Aa1Bb2Cc3Dd4Ee5Ff6Gg7";

/** One beginning of each kind that the expression knows, in its order. */
const kinds = [
  ...["sk-", "rk_live_", "whsec_", "gho_", "github_pat_", "glpat-", "xoxb-", "xapp-", `AKIA${"Z".repeat(12)}`, `AIza${letters}`],
  ...["ya29.", "eyJh.eyJ", "hf_", "gsk_", `npm_${letters}`, "pypi-", "dop_v1_", "shpat_", `SG.${letters}`, "tskey-", "AGE-SECRET-KEY-"],
];

test("a value that begins as a known kind of key is one, whatever its variable is called", () => {
  const alternatives = keyBeginnings.replace(/\([^)]*\)/g, "").split("|");
  expect(kinds).toHaveLength(alternatives.length);
  for (const kind of [...kinds, "sk_test_", "pk_live_", "ASIA0123456789AB", "shpss_", "glptt-"]) {
    expect(isKeyOfSomebody("ANY", `${kind}${letters}`), kind).toBe(true);
    expect(keyStarts, kind).toContain(kind.slice(0, 2));
  }
  for (const form of ["-----BEGIN RSA PRIVATE KEY-----", `Bearer ${letters}`, `Basic ${letters}`, `Token ${letters}`])
    expect(isKeyOfSomebody("ANY", form), form).toBe(true);
});

test("in a variable that is called a key, one long word of letters and digits is one", () => {
  expect(isKeyOfSomebody("MY_TOKEN", "abcdefgh12345678")).toBe(true);
  for (const value of [
    "abcdefgh1234567",
    "abcdefghijklmnop",
    "1234567812345678",
    "abcdefgh 12345678",
    "/home/user/key12345",
    "https://host/1234567",
  ])
    expect(isKeyOfSomebody("MY_TOKEN", value), value).toBe(false);
  expect(isKeyOfSomebody("HOME", "abcdefgh12345678")).toBe(false);
});
