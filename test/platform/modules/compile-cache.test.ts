import { existsSync, mkdirSync, readdirSync } from "node:fs";
import module from "node:module";
import { join } from "node:path";
import { expect, test } from "vitest";
import { keepCompiled } from "../../../src/platform/modules/compile-cache.ts";
import { startProgram } from "../../support/program.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

test("compiled code is kept in an agent directory that is there, and makes none", () => {
  const agentDir = temporaryDirectory();
  const asked: string[] = [];
  keepCompiled(agentDir, (directory) => asked.push(directory));
  keepCompiled(join(agentDir, "absent"), (directory) => asked.push(directory));
  expect(asked).toEqual([join(agentDir, "cache", "compiled")]);
  expect(readdirSync(agentDir)).toEqual([]);
});

test.each(["node", "binary"] as const)("a run of the program as %s keeps it where its runtime can, and answers the same", async (way) => {
  const home = temporaryDirectory();
  const agentDir = join(home, ".pi", "agent");
  const run = () => startProgram({ way, args: ["-p", "--no-session", "--model", "demo", "hi"], cwd: home, env: { HOME: home } }).result;
  const first = await run();
  expect(first).toMatchObject({ status: 0, stderr: "" });
  expect(existsSync(agentDir)).toBe(false);
  mkdirSync(agentDir, { recursive: true });
  for (let count = 0; count < 2; count++) expect(await run()).toMatchObject({ status: 0, stderr: "", stdout: first.stdout });
  expect(existsSync(join(agentDir, "cache", "compiled"))).toBe(way === "node" && "enableCompileCache" in module);
});
