import { execFile } from "node:child_process";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { bunPath } from "../../../scripts/build.mjs";
import { childEnv, looksLikeCredential } from "../../../src/platform/processes/child-env.ts";
import { shellChecks, withBench } from "../../support/shell-checks.ts";

describe("the shell, on Node", () => {
  test.each(shellChecks)("$name", ({ check }) => withBench(check));
});

test("the shell, on Bun: the same checks", async ({ signal }) => {
  const root = resolve(import.meta.dirname, "../../..");
  const { stdout } = await promisify(execFile)(bunPath(), [join(root, "test/support/run-shell-checks.ts")], { signal });
  const results = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { name: string; failure?: string });
  expect(results.filter((result) => result.failure !== undefined)).toEqual([]);
  expect(results.map((result) => result.name)).toEqual(shellChecks.map((check) => check.name));
});

test("what looks like a credential", () => {
  const secret = [
    "OPENAI_API_KEY",
    "AWS_ACCESS_KEY_ID",
    "GITHUB_TOKEN",
    "NPM_CONFIG__AUTHTOKEN",
    "DB_PASSWORD",
    "MYSQL_PWD",
    "GPG_PASSPHRASE",
    "apiKey",
  ];
  const harmless = ["PATH", "HOME", "PWD", "OLDPWD", "GIT_AUTHOR_NAME", "KEYBOARD", "LANG", "TOKENIZERS_PARALLELISM", "XAUTHORITY"];
  expect(secret.filter((name) => !looksLikeCredential(name, "x"))).toEqual([]);
  expect(harmless.filter((name) => looksLikeCredential(name, "/x"))).toEqual([]);
  const others =
    "SSHPASS SLACK_WEBHOOK_URL STRIPE_SK DB_PW JENKINS_PSW AZURE_STORAGE_CONNECTION_STRING TWILIO_ACCOUNT_SID VPN_OTP APP_JWT MYSQL_PASS " +
    "LDAP_BINDPW SVNPWD WIFI_PSK BW_SESSION OP_SESSION_my MyApiKeyProd";
  expect(others.split(" ").filter((name) => !looksLikeCredential(name, "x"))).toEqual([]);
  const kin = "COMPASS BYPASS DISK SKIP PINNED SASS_PATH XDG_SESSION_ID PI_SESSION_ID RISK PASSAGE DESKTOP_SESSION";
  expect(kin.split(" ").filter((name) => looksLikeCredential(name, "/x"))).toEqual([]);
  const values = [
    "sk_live_0123456789",
    "whsec_0123456789",
    "glpat-x",
    "ASIA0123456789AB",
    "hf_abc",
    "https://token@host/x",
    "https://hooks.slack.com/services/T0/B0/x",
    "Bearer abcdefgh1",
    "jdbc:postgresql://host/db?user=me&password=x",
    "DefaultEndpointsProtocol=https;AccountName=me;AccountKey=x==",
    "Server=db;User Id=me;Pwd=x;",
    "https://host/feed?api_key=x",
  ];
  expect(values.filter((value) => !looksLikeCredential("X", value))).toEqual([]);
  expect(
    ["https://host/a@b", "task_live_1", "Token", "shp_x", "https://host/?tokens=5", "-Dpassword="].filter((value) =>
      looksLikeCredential("X", value),
    ),
  ).toEqual([]);
  expect(looksLikeCredential("REDIS", "redis://user:pass@host/0")).toBe(true);
  expect(looksLikeCredential("PROXY", "http://proxy.example:3128")).toBe(false);
  expect(looksLikeCredential("X", "ghp_0123456789")).toBe(true);
});

test("no policy lets BUN_ variables through", () => {
  const env = { BUN_BE_BUN: "1", BUN_INSTALL: "/b", PATH: "/bin" };
  expect(childEnv(env, "inherit")).toEqual({ PATH: "/bin" });
  expect(childEnv(env, ["BUN_BE_BUN", "PATH"])).toEqual({ PATH: "/bin" });
});
