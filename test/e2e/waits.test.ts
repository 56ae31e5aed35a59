// Everything that a run can wait for, and that each wait ends with the time limit, with SIGTERM and with SIGINT, on the binary and on Node.
// A new wait is a row here.

import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect } from "vitest";
import type { Stdin, Way } from "../support/program.ts";
import { strictAnthropic } from "../support/strict/anthropic.ts";
import type { Script } from "../support/strict/script.ts";
import { answerSteps, callSteps, test, type World } from "../support/world.ts";

interface Wait {
  args: readonly string[];
  stdin?: Stdin;
  env?: Record<string, string>;
  /** What it has said by then; without it, it waits once it uses no time. */
  begun?: { said: string | RegExp; stream?: "stdout" | "stderr" };
}

const ways: readonly Way[] = ["binary", "node"];

function fifo(world: World, path: string): string {
  const file = join(world.cwd, path);
  mkdirSync(dirname(file), { recursive: true });
  execFileSync("mkfifo", [file]);
  return file;
}

/** A service in the place of Anthropic's. */
async function service(world: World, script: Script, more = ""): Promise<{ args: string[]; env: Record<string, string> }> {
  const server = await world.strict(strictAnthropic, [script]);
  if (more !== "") world.config(more);
  return { args: ["--model", "anthropic/claude-sonnet-4-5"], env: { ANTHROPIC_BASE_URL: server.baseUrl, ANTHROPIC_API_KEY: "k" } };
}

const calling = (world: World, tool: string, args: object): string[] => [
  "--tools",
  "+grep",
  "--model",
  world.trace(callSteps(tool, args), answerSteps("whole")),
];
const started = { said: "tool_execution_start" };

const waits: Record<string, (world: World) => Promise<Wait> | Wait> = {
  "a model that never answers": async (world) => {
    const { args, env } = await service(world, { wire: { hang: true } });
    return { args, env, begun: { said: '"turn_start"' } };
  },
  "a model that stops in the middle": async (world) => {
    const { args, env } = await service(world, { say: [{ text: "The beginning of an answer" }], cutAfterBytes: 600, keepOpen: true });
    return { args, env, begun: { said: '"turn_start"' } };
  },
  "the delay before another try": async (world) => {
    const { args, env } = await service(world, { refuse: 529 }, "[retry]\nbase_delay_ms = 60000\n");
    return { args, env, begun: { said: '"auto_retry_start"' } };
  },
  "the delay within a call": async (world) => {
    const asks: Script = { refuse: 429, headers: { "retry-after": "50" } };
    const { args, env } = await service(world, asks, "[retry.provider]\nmax_retries = 3\n");
    return { args, env, begun: { said: '"turn_start"' } };
  },
  "a command": (world) => ({ args: calling(world, "bash", { command: "sleep 100" }), begun: started }),
  "a command that hears no TERM": (world) => ({
    args: calling(world, "bash", { command: "trap '' TERM INT HUP; while :; do sleep 100; done" }),
    begun: started,
  }),
  "a search": (world) => {
    world.config('[shell]\ncommand_prefix = "sleep 100"\n');
    return { args: calling(world, "grep", { pattern: "x" }), begun: started };
  },
  "a write into a pipe": (world) => {
    fifo(world, "pipe");
    return { args: calling(world, "write", { path: "pipe", content: "x" }), begun: started };
  },
  "a pipe on stdin": (world) => ({ args: ["--model", world.trace(answerSteps("whole")), "-"], stdin: "silent" }),
  "a pipe as @file": (world) => ({ args: ["--model", world.trace(answerSteps("whole")), `@${fifo(world, "pipe")}`] }),
  "a pipe as --output-schema": (world) => ({
    args: ["--model", world.trace(answerSteps("whole")), "--output-schema", fifo(world, "pipe")],
  }),
  "a pipe as --system-prompt": (world) => ({
    args: ["--model", world.trace(answerSteps("whole")), "--system-prompt", fifo(world, "pipe")],
  }),
  "a pipe as --result": (world) => ({ args: ["--model", world.trace(answerSteps("whole")), "--result", fifo(world, "pipe")] }),
  "a pipe as --output": (world) => ({ args: ["--model", world.trace(answerSteps("whole")), "--output", fifo(world, "pipe")] }),
  "a pipe as --record": (world) => ({ args: ["--model", world.trace(answerSteps("whole")), "--record", fifo(world, "pipe")] }),
  "a pipe as PI_LOG": (world) => ({ args: ["--model", world.trace(answerSteps("whole"))], env: { PI_LOG: fifo(world, "pipe") } }),
  "a pipe as --session": (world) => ({
    args: ["--model", world.trace(answerSteps("whole")), "--session", fifo(world, "pipe.jsonl")],
  }),
  "a pipe as a trace": (world) => ({ args: ["--model", `scripted/${fifo(world, "pipe.jsonl")}`] }),
  "the command that gives a key": async (world) => {
    const { args, env } = await service(world, { say: [{ text: "x" }] }, '[providers.anthropic]\napi_key = "!sleep 100"\n');
    return { args, env: { ANTHROPIC_BASE_URL: env.ANTHROPIC_BASE_URL ?? "" } };
  },
  "a hook": (world) => {
    world.config('[[hooks]]\nevent = "tool_call"\ncommand = "sleep 100"\ntimeout = 90\n');
    return { args: calling(world, "bash", { command: "echo hi" }), begun: started };
  },
  "a hook of the session's start": (world) => {
    world.config('[[hooks]]\nevent = "session_start"\ncommand = "sleep 100"\ntimeout = 90\n');
    return { args: ["--model", world.trace(answerSteps("whole"))] };
  },
  ...Object.fromEntries(
    [
      ["an extension that is being loaded", "await new Promise(() => setInterval(() => {}, 1000)); export default () => {};", "mjs"],
      ["an extension's factory", "module.exports = () => new Promise(() => setInterval(() => {}, 1000));"],
      ...["session_start", "before_agent_start", "context", "agent_end", "tool_call", "input", "session_shutdown"].map((event) => [
        `an extension's ${event}`,
        `module.exports = (pi) => pi.on("${event}", () => new Promise(() => setInterval(() => {}, 1000)));`,
      ]),
      [
        "an extension's tool",
        'module.exports = (pi) => pi.registerTool({ name: "bash", label: "b", description: "b", parameters: { type: "object", properties: {} }, execute: () => new Promise(() => setInterval(() => {}, 1000)) });',
      ],
      // CommonJS, which is transpiled nowhere: that takes Node longer than all the rest.
    ].map(([name = "", code = "", ending = "cjs"]) => [
      name,
      (world: World): Wait => {
        const file = world.write(`../slow.${ending}`, code);
        return { args: ["-e", file, ...calling(world, "bash", { command: "echo hi" })] };
      },
    ]),
  ),
};

describe.concurrent.each(ways)("as %s", (way) => {
  const waitOf = async (name: string, world: World): Promise<Wait> => await (waits[name] as (world: World) => Promise<Wait> | Wait)(world);
  const argsOf = ({ args }: Wait): string[] => ["--mode", "json", ...args, ...(args.at(-1) === "-" ? [] : ["go"])];

  test.for(Object.keys(waits))("%s ends with the time limit", async (name, { world }) => {
    const wait = await waitOf(name, world);
    const { stdin, env } = wait;
    const { timedOut, survivors, durationMs, status, stderr } = await world.run(["--timeout", "1s", ...argsOf(wait)], {
      way,
      // What is waited for here takes 50 s and more; a busy machine does not make this so.
      timeoutMs: 60_000,
      ...(stdin && { stdin }),
      ...(env && { env }),
    });
    expect({ timedOut, survivors }, `${status} after ${durationMs} ms: ${stderr}`).toEqual({ timedOut: false, survivors: [] });
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  // In turn, so that the machine has to hold half as many at once.
  test.for(Object.keys(waits).map((name, index) => [name, index % 2 === 0 ? "SIGTERM" : "SIGINT"] as const))(
    "%s ends with %s",
    async ([name, signal], { world }) => {
      const wait = await waitOf(name, world);
      const { stdin, env } = wait;
      const program = world.start(argsOf(wait), { way, timeoutMs: 60_000, ...(stdin && { stdin }), ...(env && { env }) });
      await Promise.race([
        wait.begun === undefined ? isIdle(program.pid) : program.said(wait.begun.said, wait.begun.stream).catch(() => undefined),
        program.result,
      ]);
      program.signal(signal);
      const { timedOut, survivors, durationMs, stderr } = await program.result;
      expect({ timedOut, survivors }, `after ${durationMs} ms: ${stderr}`).toEqual({ timedOut: false, survivors: [] });
    },
  );
});

/** Resolves once a process has used no time of the processor for a while: it has begun to wait. */
async function isIdle(pid: number): Promise<void> {
  let before = "";
  for (let same = 0; same < 4; ) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    const now = ticksOf(pid);
    same = now === before ? same + 1 : 0;
    before = now;
  }
}

function ticksOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8").split(" ").slice(13, 15).join(" ");
  } catch {
    return "";
  }
}
