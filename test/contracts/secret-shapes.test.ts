// Keys are known by their looks, in whatever text they stand; words that only begin alike are not.

import { expect, test } from "vitest";
import { withoutSecretShapes } from "../../src/contracts/text/secret-shapes.ts";

const pem = "-----BEGIN RSA PRIVATE KEY-----\nMIIEcanary\n-----END RSA PRIVATE KEY-----";

test.each([
  "sk-ant-api03-canary_0123456789",
  "sk-proj-canary",
  "ghp_canary0123456789abcdefghijkl",
  "github_pat_11CANARY0_abcdef",
  "AKIAIOSFODNN7CANARY1",
  "AIzaSyCANARY0123456789abcdefghijklmnop",
  "glpat-canary-01234567",
  "xoxb-1234-canary",
  "eyJhbGciOiJub25lIn0.eyJjYW5hcnkiOjF9.c2lnbmF0dXJl_canary",
  "hf_canaryABCDEF",
])("%s", (secret) => {
  for (const text of [secret, `key=${secret}&x`, `{"k":"${secret}"}`, `'${secret}',`, `(${secret})\n`]) {
    const clean = withoutSecretShapes(text);
    expect(clean).toBe(text.replace(secret, "[redacted]"));
  }
});

test.each([
  ["Authorization: Bearer canary.token/0==", "Authorization: Bearer [redacted]"],
  ["Authorization: Basic Y2FuYXJ5OmNhbmFyeQ==", "Authorization: Basic [redacted]"],
  ["https://me:canary@host/x?api_key=canary&y=1", "https://[redacted]@host/x?api_key=[redacted]&y=1"],
  [`a ${pem} b`, "a [redacted] b"],
  [`a ${JSON.stringify(pem)}`, 'a "[redacted]"'],
  [`a ${pem.slice(0, 45)}`, "a [redacted]"],
])("%j", (text, clean) => {
  expect(withoutSecretShapes(text)).toBe(clean);
});

test.each([
  "a task-management-system with a risk-assessment",
  "sk-learn and glob-pattern, global-setup, glue-code",
  "the token validation failed. Basic knowledge, bearer of news",
  "AKIA is a prefix; eyJ too",
  "see https://example.com/a@b?page=key",
])("stays: %s", (text) => {
  expect(withoutSecretShapes(text)).toBe(text);
});
