// The packed package in an empty project: entries on Node and Bun, types in a consumer, the program in bin.

import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { bunPath } from "../../scripts/build.mjs";
import { consumerOptions, installPacked } from "../support/packed-package.ts";
import { projectRoot } from "../support/program.ts";

let project = "";

function run(command: string, args: readonly string[], cwd = project): string {
  const env = { PATH: `${dirname(process.execPath)}:/usr/bin:/bin`, HOME: cwd, PI_OFFLINE: "1" };
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

/** What each block of a page says on stdout. */
const libraryBlocksSay = [
  /\S/,
  /^true\n$/,
  /^true entries\n$/,
  /^\{ cancelled: false, selectedText: ["']hello["'] \}\n$|selectedText: "hello"/,
  /^error\n$/,
  /package\.json.*consumer/,
];

const hostingBlocksSay = [
  /^pi done bash(,read)?\n$/,
  /^bot_send_message \{ ?taken: 0, parked: 0,? ?\}\n$|^bot_send_message \{\s+taken: 0,\s+parked: 0,\s+\}\n$/,
  /^true 3\n$/,
  /^a,b done\n$/,
  /^3 true\n$/,
  /^reasoning=hm \| text=The answer\n$/,
  /^\{"replyToTag":true,"replyToId":"42","text":"Here it is\.\\n","mediaUrls":\["\.\/chart\.png"\]\}\n$/,
  /^true false\n$/,
  /^2026-05-04T07:00:00\.000Z\nundefined\n$/,
];

test("the types fit a consumer, and every block of docs/library.md and docs/hosting.md runs", () => {
  writeFileSync(join(project, "sample.ts"), sample);
  const blocksOf = (path: string, count: number): string[] => {
    const page = readFileSync(join(projectRoot, path), "utf8");
    const found = [...page.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(([, block]) => block ?? "");
    expect(found, path).toHaveLength(count);
    // Commands and tables of docs/hosting.md have a test of their own.
    const others = path === "docs/hosting.md" ? (page.match(/^```(?:sh|toml)\n/gm) ?? []).length : 0;
    expect(page.match(/^```\w/gm)).toHaveLength(count + others);
    return found;
  };
  const blocksSay = [...libraryBlocksSay, ...hostingBlocksSay];
  const blocks = [...blocksOf("docs/library.md", libraryBlocksSay.length), ...blocksOf("docs/hosting.md", hostingBlocksSay.length)];
  const files = blocks.map((_, index) => `block-${index}.ts`);
  for (const [index, file] of files.entries()) writeFileSync(join(project, file), blocks[index] ?? "");
  mkdirSync(join(project, ".pi/agent"), { recursive: true });
  writeFileSync(join(project, ".pi/agent/config.toml"), 'model = "demo"\n');
  for (const [index, file] of files.entries()) expect(run(bunPath(), [file])).toMatch(blocksSay[index] ?? /^$/);
  // Our declarations are checked by themselves: to check TypeBox's as well would take longer than all the rest. The blocks have the real ones.
  writeFileSync(join(project, "typebox.d.ts"), "export type TSchema = object;\nexport type Static<T> = T;\n");
  writeFileSync(join(project, "typebox-schema.d.ts"), "export type XStatic<T> = T;\n");
  const paths = { typebox: ["./typebox.d.ts"], "typebox/schema": ["./typebox-schema.d.ts"] };
  const own = { noEmit: true, exactOptionalPropertyTypes: true, paths };
  const withDom = { ...consumerOptions, ...own, lib: ["es2023", "dom"], types: [] };
  const checks = [
    // The types of Node 20 do not fit exactOptionalPropertyTypes themselves; ours need none of them.
    { compilerOptions: { ...consumerOptions, ...own, exactOptionalPropertyTypes: false }, files: ["sample.ts"] },
    { compilerOptions: { ...withDom, module: "node16" }, files: ["sample.ts"] },
    { compilerOptions: { ...withDom, module: "esnext", moduleResolution: "bundler" }, files: ["sample.ts"] },
    { compilerOptions: { ...consumerOptions, noEmit: true, skipLibCheck: true }, files },
  ];
  for (const [index, check] of checks.entries()) {
    writeFileSync(join(project, `tsconfig.${index}.json`), JSON.stringify(check));
    run(process.execPath, [join(projectRoot, "node_modules/typescript/bin/tsc"), "-p", `tsconfig.${index}.json`]);
  }
});

const entries = ["pi", "pi/ai", "pi/agent", "pi/tools", "pi/session", "pi/rpc", "pi/runtime"];

test("entries, and an agent at work, need no package before the first call to a service", () => {
  // Beside the project: below it the packages would be found.
  const bare = mkdtempSync(join(dirname(project), "pi-bare-"));
  onTestFinished(() => rmSync(bare, { recursive: true, force: true }));
  cpSync(join(project, "node_modules/pi"), join(bare, "node_modules/pi"), { recursive: true });
  const program = `
    const loaded = await Promise.all(${JSON.stringify(entries)}.map((name) => import(name)));
    const { session } = await loaded[0].createAgentSession({ model: "demo", sessionManager: loaded[4].SessionManager.inMemory() });
    await session.prompt("Run \`echo from a command\`");
    await session.dispose();
    const said = JSON.stringify(session.messages).includes("from a command\\\\n");
    const missing = await import("openai").then(() => "there", () => "not there");
    console.log(loaded.length, said, missing);
  `;
  writeFileSync(join(bare, "bare.mjs"), program);
  expect(run(process.execPath, ["bare.mjs"], bare).trim()).toBe("7 true not there");
  expect(run(bunPath(), ["--no-install", "bare.mjs"], bare).trim()).toBe("7 true not there");
});

test("a bundle holds what is used of it, and can be made for Node", () => {
  writeFileSync(
    join(project, "bundled.mjs"),
    'import { SessionManager } from "pi/session";\nconsole.log(SessionManager.inMemory("/").getCwd());\n',
  );
  run(bunPath(), ["build", "bundled.mjs", "--target=node", "--outfile=bundle.mjs"]);
  const bundle = readFileSync(join(project, "bundle.mjs"), "utf8");
  expect(bundle.length).toBeLessThan(149_000);
  expect(bundle).not.toMatch(/anthropic|openai|createAgentSession|node:http/);
  expect(run(process.execPath, ["bundle.mjs"]).trim()).toBe("/");
  // Other bundlers look for every module that is named.
  const library = join(project, "node_modules/pi/dist/node/lib");
  for (const name of readdirSync(library)) expect(readFileSync(join(library, name), "utf8"), name).not.toMatch(/["'`]bun:/);
});

test("nothing but the entries can be imported", () => {
  const others = ["pi/harness", "pi/dist/node/lib/index.mjs", "pi/src/index.ts", "pi/index", "pi/ai.mjs", "pi/bin/pi"];
  const probe = `for (const name of ${JSON.stringify(others)}) await import(name).then(() => console.log("there"), (error) => console.log(error.code))`;
  const codes = run(process.execPath, ["--input-type=module", "-e", probe]).trim().split("\n");
  expect(codes).toEqual(others.map(() => "ERR_PACKAGE_PATH_NOT_EXPORTED"));
});

test("bin works", () => {
  expect(run("node_modules/.bin/pi", ["--version"]).trim()).toMatch(/^\d+\.\d+\.\d+/);
  expect(run("node_modules/.bin/pi", ["--no-session", "--model", "demo", "-p", "hello"])).toMatch(/^Hello\./);
});

test("hosts find the program where the npm agent has it", () => {
  for (const name of ["dist/cli.js", "dist/bundle/cli.js"]) {
    const path = join("node_modules/pi", name);
    expect(run(process.execPath, [path, "--no-session", "--model", "demo", "-p", "hello"])).toMatch(/^Hello\./);
    expect(run(join(project, path), ["--version"]).trim()).toBe(
      JSON.parse(readFileSync(join(projectRoot, "package.json"), "utf8")).version,
    );
  }
});

test("the package holds what it needs, and neither sources nor what belongs to one machine", () => {
  const root = join(project, "node_modules/pi");
  const held = readdirSync(root, { recursive: true, encoding: "utf8" });
  expect(held).toEqual(
    expect.arrayContaining(["dist/node/main.mjs", "dist/types/index.d.ts", "LICENSE", "README.md", "CHANGELOG.md", "docs/library.md"]),
  );
  expect(
    held.filter((path) => /^(src|test|scripts|node_modules)\//.test(path) || /(^|\/)(rg|pi\.new|.*\.map|.*\.test\..*)$/.test(path)),
  ).toEqual([]);
  const bytes = held.map((path) => statSync(join(root, path))).reduce((sum, info) => sum + (info.isFile() ? info.size : 0), 0);
  expect(bytes).toBeLessThan(8_000_000);
});
