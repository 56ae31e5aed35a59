// What a start pays for a sign-in whose token is good, beside one with a key: at most a millisecond. Of many starts the fastest count, which a busy
// machine does not make slower.

import { execFileSync } from "node:child_process";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { bunPath } from "../../scripts/build.mjs";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const starts = 25;

test("a valid token costs no more than a millisecond, no lock and no write", () => {
  const timer = join(temporaryDirectory(), "timer");
  const source = join(import.meta.dirname, "../support/credential-timer.ts");
  const flags = ["--compile", "--bytecode", "--minify", "--splitting", "--format=esm"];
  execFileSync(bunPath(), ["build", source, ...flags, `--outfile=${timer}`], { stdio: "pipe" });
  const homeWith = (account: object): string => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, "auth.json"), JSON.stringify({ openai: account }), { mode: 0o600 });
    return directory;
  };
  const token = { type: "oauth", access: "access-0123456789", refresh: "refresh-0123456789", expires: Date.now() + 9e6, clientId: "c" };
  const homes = { key: homeWith({ type: "api_key", key: "sk-0123456789" }), token: homeWith(token) };
  const fastest = { key: Number.POSITIVE_INFINITY, token: Number.POSITIVE_INFINITY };
  for (let start = 0; start < starts; start++) {
    for (const kind of ["key", "token"] as const) {
      fastest[kind] = Math.min(fastest[kind], Number(execFileSync(timer, [homes[kind]], { encoding: "utf8" })));
    }
  }
  expect(fastest.token - fastest.key).toBeLessThan(1);
  expect(readdirSync(homes.token)).toEqual(["auth.json"]);
});
