// A renewal that is killed at every step it takes, on both runtimes: the account still works, or, where the service had already replaced the token
// and the answer died with the process, the next start says to sign in again. Nobody waits for a dead process's lock.

import { readFileSync, writeFileSync } from "node:fs";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { authFilePath } from "../../src/accounts/auth-file.ts";
import { startAuthServer } from "../support/auth-server.ts";
import { type KillableProgram, killableProgram } from "../support/killed-steps.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

let renewer: KillableProgram;
beforeAll(() => {
  renewer = killableProgram("token-renewer.ts");
  return () => renewer.remove();
});

const signInAgain = /^auth\.sign_in_again .*pi auth login openai/;

describe.each(["node", "bun"] as const)("on %s, killed at every step", (runtime) => {
  test("of a renewal, nothing is lost that was stored, and nobody is made to wait", { timeout: 240_000 }, async () => {
    const server = await startAuthServer();
    onTestFinished(() => server.close());
    const outcomes = new Set<string>();
    let killAt = 1;
    for (; ; killAt++) {
      const path = authFilePath(temporaryDirectory());
      const account = { type: "oauth", access: "old", refresh: server.refreshToken, expires: Date.now() - 1000, clientId: "c" };
      writeFileSync(path, JSON.stringify({ other: { type: "future" }, openai: account }), { mode: 0o600 });
      const args = [path, `${server.url}/token`];
      const killed = await renewer.run(runtime, args, killAt);
      const stored = (): typeof account => {
        const { other, openai } = JSON.parse(readFileSync(path, "utf8"));
        expect(other).toEqual({ type: "future" });
        return openai;
      };
      if (!killed.isKilled) {
        expect(killed).toMatchObject({ status: 0, stdout: stored().access, stderr: "" });
        break;
      }
      const isLost = stored().refresh !== server.refreshToken;
      // By whichever runtime starts sooner: what is on the disk is the same to both.
      const next = await renewer.run("bun", args, 0);
      expect(next.durationMs, `step ${killAt}`).toBeLessThan(28_000);
      expect(next.stderr).toBe("");
      if (isLost) expect(next.stdout, `step ${killAt}`).toMatch(signInAgain);
      else {
        expect(next.stdout, `step ${killAt}`).toBe(stored().access);
        expect(stored()).toMatchObject({ access: expect.stringMatching(/^access-/), refresh: server.refreshToken });
      }
      outcomes.add(isLost ? "sign in again" : "works");
    }
    expect(killAt).toBeGreaterThan(12);
    expect([...outcomes].sort()).toEqual(["sign in again", "works"]);
  });
});
