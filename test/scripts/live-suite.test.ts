// The suite that asks real services, run against the strict servers in their place: its own code works, and says what it skips.

import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { services } from "../support/served.ts";
import { type Script, startStrictServer } from "../support/strict/script.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import type { WireRequest } from "../support/wire-server.ts";

const root = resolve(import.meta.dirname, "../..");

/** A service that knows the suite's questions, by what stands in a request; the later ones of a conversation first. */
const answers: readonly [words: string, Script][] = [
  ["largest of them", { say: [{ text: "29" }] }],
  ["are prime", { say: [{ thinking: "2, 3, 5, …" }, { text: "10" }] }],
  ["marigold", { say: [{ text: "The word is marigold." }] }],
  ["code.txt", { say: [{ call: "read", arguments: { path: "code.txt" } }], stop: "toolUse" }],
  ["Which colour", { say: [{ text: "Red" }] }],
  ["6 times 7", { say: [{ text: '{"number": 42}' }] }],
  ["Count from", { say: [{ text: "1\n2\n3\n".repeat(200) }], cutAfterBytes: 3000, keepOpen: true }],
];

function answerTo({ headers, rawBody }: WireRequest): Script {
  if (Object.values(headers).some((value) => value.includes("no-key"))) return { refuse: 401, message: "invalid api key" };
  return answers.find(([words]) => rawBody.includes(words))?.[1] ?? { say: [{ text: "Tulip" }] };
}

test("every case of the live suite is run and passes, and what has no key is named", async () => {
  const home = temporaryDirectory();
  const env: Record<string, string> = { PATH: process.env.PATH ?? "", HOME: home, PI_LIVE: "1", CI: "1" };
  mkdirSync(join(home, ".pi/agent"), { recursive: true });
  let toml = "";
  for (const service of services) {
    const server = await startStrictServer(service.format, answerTo);
    onTestFinished(() => server.close());
    Object.assign(env, service.env(server.baseUrl));
    toml += service.toml(server.baseUrl);
  }
  writeFileSync(join(home, ".pi/agent/config.toml"), toml, { mode: 0o600 });
  env.PI_LIVE_MODELS = [...services.map(({ model }) => model), "groq/openai/gpt-oss-120b"].join(",");
  const report = join(home, "report.json");
  const args = [join(root, "node_modules/vitest/vitest.mjs"), "run", "test/live", "--reporter=json", `--outputFile=${report}`];
  const told = await new Promise<string>((done) => {
    execFile(process.execPath, args, { cwd: root, env, maxBuffer: 16 * 1024 * 1024 }, (_error, stdout, stderr) => done(stdout + stderr));
  });
  const { testResults } = JSON.parse(readFileSync(report, "utf8")) as {
    testResults: { assertionResults: { fullName: string; status: string; failureMessages: string[] }[] }[];
  };
  const cases = testResults.flatMap(({ assertionResults }) => assertionResults);
  expect(
    cases.filter(({ status }) => status === "failed").map(({ fullName, failureMessages }) => [fullName, failureMessages[0]?.slice(0, 300)]),
    told,
  ).toEqual([]);
  const passed = cases.filter(({ status }) => status === "passed").map(({ fullName }) => fullName.replaceAll("'", ""));
  for (const { model } of services) expect(passed.filter((name) => name.startsWith(model)).length, model).toBeGreaterThanOrEqual(5);
  const skipped = cases.filter(({ fullName }) => fullName.includes("groq/"));
  expect(skipped.length).toBeGreaterThan(0);
  for (const { fullName, status } of skipped)
    expect([status, fullName]).toEqual([expect.not.stringMatching("passed"), expect.stringContaining("GROQ_API_KEY is not set")]);
});
