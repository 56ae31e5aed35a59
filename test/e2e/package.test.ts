// The packed package in an empty project: entries on Node and Bun, types in a consumer, the program in bin.

import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bunPath } from "../../scripts/build.mjs";
import { consumerOptions, installPacked } from "../support/packed-package.ts";
import { projectRoot } from "../support/program.ts";

let project = "";

function run(command: string, args: readonly string[], cwd = project): string {
  const env = { PATH: `${dirname(process.execPath)}:/usr/bin:/bin`, HOME: project, PI_OFFLINE: "1" };
  const { status, stdout, stderr, error } = spawnSync(command, [...args], { cwd, env, encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}: ${error?.message ?? `status ${status}`}\n${stdout}\n${stderr}`);
  return stdout;
}

beforeAll(() => {
  project = installPacked();
});

afterAll(() => rmSync(project, { recursive: true, force: true }));

const sample = `
import { AgentSession, createAgentSession, SessionManager, SettingsManager, defineTool, type AgentSessionEvent } from "pi";
import { RpcClient, type RpcEvent } from "pi/rpc";
import { loadProvider, ModelRuntime } from "pi/ai";
import { Agent } from "pi/agent";
import { builtinTools } from "pi/tools";
import { buildSessionContext, Session } from "pi/session";

const events: AgentSessionEvent["type"][] = [];
const { session }: { session: AgentSession } = await createAgentSession({
  model: "demo",
  sessionManager: SessionManager.inMemory(),
  settingsManager: SettingsManager.inMemory({ retry: { enabled: false } }),
  customTools: [
    defineTool({
      name: "shout",
      description: "Says it loudly.",
      parameters: { type: "object", properties: { text: { type: "string" } }, required: ["text"] },
      execute: async (args, context) => ({ content: [{ type: "text", text: String(args.text).toUpperCase() + context.cwd }] }),
    }),
  ],
});
session.subscribe((event) => { events.push(event.type); });
await session.prompt("hello");
const client = new RpcClient({ model: "demo", args: ["--no-session"] });
await client.start();
const told: RpcEvent[] = await client.promptAndWait("hello");
const text = await client.getLastAssistantText();
await client.stop();
console.log(JSON.stringify({
  same: session.getLastAssistantText() === text,
  settled: events.at(-1) === "agent_settled" && told.at(-1)?.type === "agent_settled",
  tools: session.getAllTools().some((tool) => tool.name === "shout"),
  others: [loadProvider, ModelRuntime, Agent, builtinTools, buildSessionContext, Session].every((one) => typeof one === "function"),
}));
await session.dispose();
`;

const allWell = { same: true, settled: true, tools: true, others: true };

test("every entry works on Node and on Bun", () => {
  writeFileSync(
    join(project, "sample.mjs"),
    sample.replace(/, type \w+/g, "").replace(/: (\{ session: \w+ \}|\w+\[\]|AgentSessionEvent\["type"\]\[\])(?= =)/g, ""),
  );
  expect(JSON.parse(run(process.execPath, ["sample.mjs"]))).toEqual(allWell);
  expect(JSON.parse(run(bunPath(), ["sample.mjs"]))).toEqual(allWell);
});

/** What each block of the page says on stdout. */
const blocksSay = [/\S/, /^true\n$/, /^true entries\n$/, /^\{ cancelled: false, selectedText: ["']hello["'] \}\n$|selectedText: "hello"/];

test("the types fit a consumer, and every block of docs/library.md runs", () => {
  writeFileSync(join(project, "sample.ts"), sample);
  const page = readFileSync(join(projectRoot, "docs/library.md"), "utf8");
  const blocks = [...page.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(([, block]) => block ?? "");
  expect(blocks).toHaveLength(blocksSay.length);
  expect(page.match(/^```\w/gm)).toHaveLength(blocks.length);
  const files = blocks.map((_, index) => `block-${index}.ts`);
  for (const [index, file] of files.entries()) writeFileSync(join(project, file), blocks[index] ?? "");
  mkdirSync(join(project, ".pi/agent"), { recursive: true });
  writeFileSync(join(project, ".pi/agent/config.toml"), 'model = "demo"\n');
  for (const [index, file] of files.entries()) expect(run(bunPath(), [file])).toMatch(blocksSay[index] ?? /^$/);
  // Our declarations are checked by themselves: to check TypeBox's as well would take longer than all the rest.
  writeFileSync(join(project, "typebox-only.d.ts"), "export type TSchema = object;\nexport type Static<T> = T;\n");
  const checks = [
    { compilerOptions: { ...consumerOptions, noEmit: true, paths: { typebox: ["./typebox-only.d.ts"] } }, files: ["sample.ts"] },
    { compilerOptions: { ...consumerOptions, noEmit: true, skipLibCheck: true }, files },
  ];
  for (const [index, check] of checks.entries()) {
    writeFileSync(join(project, `tsconfig.${index}.json`), JSON.stringify(check));
    run(process.execPath, [join(projectRoot, "node_modules/typescript/bin/tsc"), "-p", `tsconfig.${index}.json`]);
  }
});

test("nothing but the entries can be imported", () => {
  const probe = `await import("pi/harness").then(() => console.log("there"), (error) => console.log(error.code))`;
  expect(run(process.execPath, ["--input-type=module", "-e", probe]).trim()).toBe("ERR_PACKAGE_PATH_NOT_EXPORTED");
});

test("bin works", () => {
  expect(run("node_modules/.bin/pi", ["--version"]).trim()).toMatch(/^\d+\.\d+\.\d+/);
  expect(run("node_modules/.bin/pi", ["--no-session", "--model", "demo", "-p", "hello"])).toMatch(/^Hello\./);
});

test("the package holds what it needs and none of the sources", () => {
  const held = readdirSync(join(project, "node_modules/pi"), { recursive: true, encoding: "utf8" });
  expect(held).toContain("dist/node/main.mjs");
  expect(held.filter((path) => /^(src|test|scripts|node_modules)\//.test(path))).toEqual([]);
});
