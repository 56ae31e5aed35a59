// PI_LOG: what a run does, without what was said.

import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { answerSteps, callSteps, test } from "../support/world.ts";

const said = /secret-(prompt|argument|answer|output)/;

test("a line for each thing done, with times, and nothing of what was said", async ({ world }) => {
  const model = world.trace(callSteps("bash", { command: "echo secret-output # secret-argument" }), answerSteps("secret-answer"));
  const args = ["--model", model, "-p", "secret-prompt"];
  const { stdout, stderr, status } = await world.run(args, { env: { PI_LOG: "debug" } });
  expect({ stdout, status }).toEqual({ stdout: "secret-answer\n", status: 0 });
  expect(stderr).toMatch(
    / pi \d+\.\d+\.\d+ on bun, .*\n.* session .*\n[\s\S]* bash begins \(call_1\)\n[\s\S]* bash ends \(call_1\).*\n[\s\S]* outcome done, exit status 0\n$/,
  );
  for (const line of stderr.trimEnd().split("\n")) expect(line).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z \+\d+ms \d+ /);
  expect(stderr).not.toMatch(said);
});

test("a file is kept to and added to, privately; one that cannot be written stops nothing", async ({ world }) => {
  const demo = ["--model", "demo", "-p", "hello"];
  for (let run = 0; run < 2; run++) expect(await world.run(demo, { env: { PI_LOG: "run.log" } })).toMatchObject({ status: 0, stderr: "" });
  expect(world.read("run.log").match(/outcome done/g)).toHaveLength(2);
  expect(statSync(join(world.cwd, "run.log")).mode & 0o777).toBe(0o600);
  const { stderr, status } = await world.run(demo, { env: { PI_LOG: "no/such/place.log" } });
  expect({ stderr, status }).toEqual({
    stderr: expect.stringMatching(/^pi: PI_LOG: .*place\.log cannot be written: [^\n]*\n$/),
    status: 0,
  });
});

test.for([
  ["info", true],
  ["DEBUG", true],
  ["1", true],
  ["-", true],
  ["warn", false],
  ["off", false],
  ["0", false],
] as const)("PI_LOG=%s is a level and no file", async ([value, isShown], { world }) => {
  const before = readdirSync(world.cwd);
  const { stderr, status } = await world.run(["--model", "demo", "-p", "hello"], { env: { PI_LOG: value } });
  expect({ isShown: stderr.includes("outcome done"), status }).toEqual({ isShown, status: 0 });
  expect(readdirSync(world.cwd)).toEqual(before);
});

test("RPC mode is logged, too, and its records stay alone on stdout", async ({ world }) => {
  const stdin = { text: '{"id":"1","type":"prompt","message":"hello"}\n' };
  const { stdout, stderr } = await world.run(["--mode", "rpc", "--model", "demo"], { stdin, env: { PI_LOG: "debug" } });
  for (const line of stdout.trimEnd().split("\n")) expect(() => JSON.parse(line)).not.toThrow();
  expect(stderr).toContain("agent_settled");
});
