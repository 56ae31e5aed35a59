// Starts a compiled program as it is mostly started and records what it calls, so that the compiler can lay that together (docs/decisions/0009).
// Called by build.mjs. Invariant: nothing is asked of anybody. On a busy machine a timer may fire earlier or later, and two builds then differ in their order.

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Most important first. None with a tool: when its program ends, and so what is called next, is another moment each time. The service of the first one is a
 * port that refuses, so that what makes a request is run as well.
 */
const starts = [
  { args: ["--model", "anthropic/claude-haiku-4-5", "-p", "hi"], status: 1 },
  { args: ["--model", "demo", "-p", "hi"], status: 0 },
  { args: ["--model", "demo", "-e", "extension.ts", "-p", "hi"], status: 0 },
  { args: ["--no-session", "--mode", "rpc"], input: '{"id":"1","type":"get_state"}\n', status: 0 },
];

/** What extensions mostly do. */
const extension = `import { Type } from "typebox";
import type { ExtensionAPI } from "@earendil-works/pi-coding-agent";
export default function (pi: ExtensionAPI): void {
  const parameters = Type.Object({ text: Type.String() });
  pi.registerTool({ name: "say", label: "Say", description: "Says it", parameters, execute: async () => ({ content: [], details: {} }) });
  pi.registerCommand("say", { description: "Says it", handler: async () => {} });
  pi.on("tool_call", async () => undefined);
}
`;

/**
 * @param {string} program
 * @param {string} folder for what is written
 * @returns {string[]} files, one for each start
 */
export function recordStarts(program, folder) {
  const home = join(folder, "home");
  mkdirSync(join(home, ".pi", "agent"), { recursive: true });
  writeFileSync(join(home, ".pi", "agent", "config.toml"), "[retry]\nenabled = false\n");
  writeFileSync(join(home, "extension.ts"), extension);
  return starts.map(({ args, input = "", status }, at) => {
    const file = join(folder, `start-${at}.order`);
    const env = {
      PATH: process.env.PATH,
      HOME: home,
      LANG: "C.UTF-8",
      ANTHROPIC_API_KEY: "none",
      ANTHROPIC_BASE_URL: "http://127.0.0.1:1",
    };
    const run = spawnSync(program, args, { cwd: home, input, env: { ...env, BUN_BYTECODE_ORDER_OUT: file }, encoding: "utf8" });
    if (run.status !== status || !existsSync(file)) throw new Error(`${program} ${args.join(" ")} ended with ${run.status}: ${run.stderr}`);
    return file;
  });
}
