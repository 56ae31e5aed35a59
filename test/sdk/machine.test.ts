// What this machine offers under the npm agent's names: decisions about trust.

import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ProjectTrustStore } from "../../src/sdk/npm/machine.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

test("the nearest decision holds, and can be taken back", async () => {
  const agentDir = temporaryDirectory();
  const project = join(temporaryDirectory(), "project");
  mkdirSync(join(project, "below"), { recursive: true });
  const store = new ProjectTrustStore(agentDir);
  await store.set(project, true);
  expect(store.getEntry(join(project, "below"))).toEqual({ path: project, decision: true });
  await store.set(project, null);
  expect(store.get(join(project, "below"))).toBe(null);
});

test.each(["null", "[true]", "5", "{", '"x"', '{"/": "yes"}'])("of a file that says %s there are none", (text) => {
  const agentDir = temporaryDirectory();
  writeFileSync(join(agentDir, "trust.json"), text);
  expect(new ProjectTrustStore(agentDir).get(agentDir)).toBe(null);
});

test("a pipe in its place is not waited for", () => {
  const agentDir = temporaryDirectory();
  expect(spawnSync("mkfifo", [join(agentDir, "trust.json")]).status).toBe(0);
  expect(new ProjectTrustStore(agentDir).get(agentDir)).toBe(null);
});
