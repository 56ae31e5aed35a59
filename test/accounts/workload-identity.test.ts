// A workload's identity is shown for a token, once for many calls, and only where no key is there.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { Accounts } from "../../src/accounts/accounts.ts";
import type { ProviderSettings } from "../../src/contracts/provider-settings.ts";
import { vendors } from "../../src/providers/vendors.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { startWireServer, type WireAnswer, type WireServer } from "../support/wire-server.ts";

let server: WireServer;
let answers: WireAnswer[];
let directory: string;
let nowMs: number;
const json = (body: unknown, status = 200): WireAnswer => ({
  status,
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body),
});

beforeEach(async () => {
  answers = [];
  nowMs = 1_000_000;
  server = await startWireServer(() => answers.shift() ?? json({ error: "invalid_grant", error_description: "no more" }, 400));
  onTestFinished(() => server.close());
  directory = temporaryDirectory();
  writeFileSync(join(directory, "identity"), "eyJ.identity-token.sig\n");
});

function accounts(env: Record<string, string> = {}): Accounts {
  const oauth = { tokenUrl: `${server.url}/token`, baseUrl: "https://models.example" };
  return new Accounts({
    providers: { anthropic: { id: "anthropic", models: [], oauth } as unknown as ProviderSettings },
    vendorOf: () => vendors.anthropic,
    env: {
      ANTHROPIC_FEDERATION_RULE_ID: "fdrl_1",
      ANTHROPIC_ORGANIZATION_ID: "org-1",
      ANTHROPIC_IDENTITY_TOKEN_FILE: join(directory, "identity"),
      ...env,
    },
    agentDir: directory,
    cwd: directory,
    now: () => nowMs,
  });
}

test("it is exchanged once, and anew before it ends or when it was refused; the token goes to the service's address", async () => {
  const of = accounts({ ANTHROPIC_WORKSPACE_ID: "wrkspc_1" });
  expect(of.source("anthropic")).toBe("ANTHROPIC_FEDERATION_RULE_ID");
  answers = [1, 2, 3].map((number) => json({ access_token: `short-lived-${number}`, expires_in: 600 }));
  const all = await Promise.all([of.credential("anthropic"), of.credential("anthropic")]);
  expect(all.map(({ value }) => value)).toEqual(["short-lived-1", "short-lived-1"]);
  expect(all[0]).toMatchObject({ scheme: "bearer", billing: "metered", account: { id: "anthropic", baseUrl: "https://models.example" } });
  expect(server.requests[0]?.body).toEqual({
    grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer",
    assertion: "eyJ.identity-token.sig",
    federation_rule_id: "fdrl_1",
    organization_id: "org-1",
    workspace_id: "wrkspc_1",
  });
  nowMs += 470_000;
  expect((await of.credential("anthropic")).value).toBe("short-lived-1");
  nowMs += 20_000;
  expect((await of.credential("anthropic")).value).toBe("short-lived-2");
  expect((await of.credential("anthropic", { spent: "short-lived-2" })).value).toBe("short-lived-3");
  expect(server.requests).toHaveLength(3);
});

test("a key that is there counts before it; without all that it needs it is none", async () => {
  expect((await accounts({ ANTHROPIC_API_KEY: "sk-ant-key" }).credential("anthropic")).value).toBe("sk-ant-key");
  for (const name of ["ANTHROPIC_FEDERATION_RULE_ID", "ANTHROPIC_ORGANIZATION_ID", "ANTHROPIC_IDENTITY_TOKEN_FILE"]) {
    const of = accounts({ [name]: "" });
    expect(of.has("anthropic")).toBe(false);
    await expect(of.credential("anthropic")).rejects.toMatchObject({ code: "auth.no_credential" });
  }
  expect(server.requests).toHaveLength(0);
});

test("what is no token, and a service that says no, are one line that names them, and never the token", async () => {
  await expect(accounts().credential("anthropic")).rejects.toMatchObject({
    code: "auth.refused",
    message: expect.stringContaining("no more"),
  });
  writeFileSync(join(directory, "identity"), "");
  for (const path of [join(directory, "identity"), join(directory, "missing"), directory, "/dev/zero"]) {
    const failing = accounts({ ANTHROPIC_IDENTITY_TOKEN_FILE: path }).credential("anthropic");
    await expect(failing).rejects.toMatchObject({ code: "auth.identity_token", message: expect.stringContaining(path) });
  }
});
