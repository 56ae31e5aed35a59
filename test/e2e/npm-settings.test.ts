// The npm agent's settings.json, setting by setting: each does what it says, on Node too where the runtimes may differ, and what cannot is named.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import type { Way } from "../support/program.ts";
import { services } from "../support/served.ts";
import { solidPicture } from "../support/solid-picture.ts";
import { strictAnthropic } from "../support/strict/anthropic.ts";
import type { Script, StrictServer } from "../support/strict/script.ts";
import { startWireServer, type WireServer } from "../support/wire-server.ts";
import { answerSteps, type Json, test, type World } from "../support/world.ts";

const fine: Script = { say: [{ text: "Fine." }] };
const anthropic = services[0];
if (anthropic === undefined) throw new Error("no service");
const red = (side: number): Buffer => Buffer.from(solidPicture(side, [255, 0, 0]), "base64");

describe.concurrent.each(["binary", "node"] as const)("%s", (way: Way) => {
  /** Settings of the user's, and the requests that a run makes. */
  async function asked(
    world: World,
    settings: object,
    args: readonly string[],
    { scripts = [fine], stdin }: { scripts?: Script[]; stdin?: string } = {},
  ): Promise<{ server: StrictServer; stdout: string; stderr: string; status: number | null; durationMs: number }> {
    const server = await world.strict(strictAnthropic, scripts);
    world.write("../home/.pi/agent/settings.json", JSON.stringify(settings));
    const result = await world.run(args, {
      way,
      env: anthropic?.env(server.baseUrl) ?? {},
      ...(stdin === undefined ? {} : { stdin: { text: stdin } }),
    });
    expect(server.complaints).toEqual([]);
    return { server, ...result };
  }
  const model = ["--model", anthropic.model];
  const blocksOf = (server: WireServer, index = 0): Json[] =>
    server.requests[index]?.body.messages.flatMap((message: Json) =>
      message.content.flatMap((block: Json) => (block.type === "tool_result" && Array.isArray(block.content) ? block.content : [block])),
    );
  const rpc = (...commands: object[]): string => commands.map((command) => `${JSON.stringify(command)}\n`).join("");
  const records = (stdout: string): Json[] =>
    stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));

  test("images.blockImages: no picture leaves, of a prompt or of read; the session keeps it", async ({ world }) => {
    world.write("red.png", red(8));
    const scripts: Script[] = [{ say: [{ call: "read", arguments: { path: "red.png" } }], stop: "toolUse" }, fine];
    const { server, stderr, status } = await asked(world, { images: { blockImages: true } }, [...model, "-p", "@red.png", "look"], {
      scripts,
    });
    expect({ stderr, status, count: server.requests.length }).toEqual({ stderr: "", status: 0, count: 2 });
    for (const index of [0, 1]) {
      expect(blocksOf(server, index).filter((block) => block.type === "image")).toEqual([]);
      expect(JSON.stringify(blocksOf(server, index))).toContain("images.block");
    }
    expect(readFileSync(world.sessionFiles()[0] ?? "", "utf8")).toContain(red(8).toString("base64"));
  });

  test("images.autoResize: false leaves pictures as large as they are, of a prompt, of read and of RPC", async ({ world }) => {
    const large = red(2400);
    world.write("red.png", large);
    const scripts: Script[] = [{ say: [{ call: "read", arguments: { path: "red.png" } }], stop: "toolUse" }, fine];
    const { server } = await asked(world, { images: { autoResize: false } }, [...model, "-p", "@red.png", "look"], { scripts });
    const images = blocksOf(server, 1).filter((block) => block.type === "image");
    expect(images.map((image) => image.source.data === large.toString("base64"))).toEqual([true, true]);
    const prompt = { type: "prompt", message: "look", images: [{ type: "image", data: large.toString("base64"), mimeType: "image/png" }] };
    const over = await asked(world, { images: { autoResize: false } }, [...model, "--mode", "rpc"], { stdin: rpc(prompt) });
    expect(blocksOf(over.server).find((block) => block.type === "image").source.data).toBe(large.toString("base64"));
    const made = await asked(world, {}, [...model, "-p", "@red.png", "look"]);
    expect(blocksOf(made.server).find((block) => block.type === "image").source.data).not.toBe(large.toString("base64"));
  });

  test("retry.provider.maxRetries: a refused request is sent again within its call", async ({ world }) => {
    const settings = { retry: { enabled: false, provider: { maxRetries: 1 } } };
    const again = await asked(world, settings, [...model, "-p", "hi"], { scripts: [{ refuse: 529 }, fine] });
    expect(again).toMatchObject({ stdout: "Fine.\n", stderr: "", status: 0 });
    const twice = await asked(world, settings, [...model, "-p", "hi"], { scripts: [{ refuse: 529 }, { refuse: 529 }, fine] });
    expect({ status: twice.status, count: twice.server.requests.length }).toEqual({ status: 1, count: 2 });
    const never = await asked(world, settings, [...model, "-p", "hi"], { scripts: [{ refuse: 400 }, fine] });
    expect({ status: never.status, count: never.server.requests.length }).toEqual({ status: 1, count: 1 });
  });

  test("retry.provider.maxRetryDelayMs: how long a service may make one wait; 0: as long as it likes", async ({ world }) => {
    const asks: Script[] = [{ refuse: 429, headers: { "retry-after": "1" } }, fine];
    const short = await asked(world, { retry: { provider: { maxRetryDelayMs: 500 } } }, [...model, "-p", "hi"], { scripts: asks });
    expect({ status: short.status, count: short.server.requests.length }).toEqual({ status: 1, count: 1 });
    const any = { retry: { maxAgentDelayMs: 500, provider: { maxRetryDelayMs: 0 } } };
    expect(await asked(world, any, [...model, "-p", "hi"], { scripts: asks })).toMatchObject({ stdout: "Fine.\n", status: 0 });
  });

  test("retry.provider.timeoutMs: an answer that does not begin in time is a failure", async ({ world }) => {
    const server = await startWireServer(() => ({ hang: true }));
    try {
      world.write("../home/.pi/agent/settings.json", JSON.stringify({ retry: { enabled: false, provider: { timeoutMs: 300 } } }));
      const env = anthropic.env(server.url);
      const { stderr, status } = await world.run([...model, "-p", "hi"], { way, env });
      expect({ stderr, status }).toEqual({
        stderr: expect.stringMatching(/^anthropic\/claude-sonnet-4-5 did not begin to answer within 0\.3 s/),
        status: 1,
      });
    } finally {
      await server.close();
    }
  });

  test("npmCommand: brings packages in npm's place, with its arguments", async ({ world }) => {
    world.write(
      "installer.cjs",
      'require("fs").writeFileSync(__dirname + "/asked.json", JSON.stringify(process.argv.slice(2))); process.exit(3);',
    );
    world.write(
      "../home/.pi/agent/settings.json",
      JSON.stringify({ npmCommand: [process.execPath, join(world.cwd, "installer.cjs"), "exec"] }),
    );
    const { status } = await world.run(["install", "npm:@some/pack@^1.0.0"], { way });
    const [first, verb, ...rest] = JSON.parse(world.read("asked.json")) as string[];
    expect({ status, first, verb, last: rest.at(-1) }).toEqual({ status: 1, first: "exec", verb: "install", last: "@some/pack@^1.0.0" });
    expect(rest).toContain("--ignore-scripts");
  });

  // The others touch neither bytes nor timers nor processes: how they are read is the same on both.
  if (way === "node") return;

  test.for([
    ["steeringMode", "steer"],
    ["followUpMode", "follow_up"],
  ] as const)("%s: all that is queued goes out at once", async ([key, command], { world }) => {
    const counts: number[] = [];
    for (const mode of ["one-at-a-time", "all"]) {
      const stdin = rpc(
        { type: command, message: "one" },
        { type: command, message: "two" },
        { type: "get_state" },
        { type: "prompt", message: "go" },
      );
      const { server, stdout } = await asked(world, { [key]: mode }, [...model, "--mode", "rpc"], { stdin });
      expect(records(stdout).find((record) => record.command === "get_state").data[key]).toBe(mode);
      counts.push(server.requests.length);
    }
    expect(counts[0]).toBe((counts[1] ?? 0) + 1);
  });

  test("modelThinkingLevels: what a model begins with, at a start and when it is changed to; what was said wins", async ({ world }) => {
    const settings = {
      defaultThinkingLevel: "low",
      modelThinkingLevels: { "anthropic/claude-sonnet-4-5": "high", "anthropic/claude-opus-4-5": "minimal" },
    };
    const stdin = rpc(
      { type: "get_state" },
      { type: "set_model", provider: "anthropic", modelId: "claude-opus-4-5" },
      { type: "set_model", provider: "anthropic", modelId: "claude-haiku-4-5" },
    );
    const { stdout } = await asked(world, settings, [...model, "--mode", "rpc"], { stdin });
    const levels = records(stdout).map((record) => record.data?.thinkingLevel ?? record.level);
    // The last has none of its own, and gets what is wanted of all, not what the one before it had.
    expect(levels.filter((level) => level !== undefined)).toEqual(["high", "minimal", "low"]);
    const said = await asked(world, settings, [...model, "--thinking", "medium", "--mode", "rpc"], { stdin: rpc({ type: "get_state" }) });
    expect(records(said.stdout)[0].data.thinkingLevel).toBe("medium");
    const other = await asked(world, settings, ["--model", "anthropic/claude-haiku-4-5", "--mode", "rpc"], {
      stdin: rpc({ type: "get_state" }),
    });
    expect(records(other.stdout)[0].data.thinkingLevel).toBe("low");
  });

  test("thinkingBudgets: the tokens that a model thinks with", async ({ world }) => {
    const settings = { thinkingBudgets: { low: 3000, high: 12_345 } };
    for (const [level, budget] of [
      ["low", 3000],
      ["high", 12_345],
    ] as const) {
      const { server } = await asked(world, settings, [...model, "--thinking", level, "-p", "hi"]);
      expect(server.requests[0]?.body.thinking).toMatchObject({ type: "enabled", budget_tokens: budget });
    }
  });

  test("enableSkillCommands: false makes no commands of skills; the model still knows them", async ({ world }) => {
    world.write("../home/.pi/agent/skills/greeting/SKILL.md", "---\nname: greeting\ndescription: how to greet\n---\nSay hello.\n");
    const commands = async (settings: object): Promise<{ names: string[]; text: string; prompt: string }> => {
      const stdin = rpc({ type: "get_commands" }, { type: "prompt", message: "/skill:greeting now" });
      const { server, stdout } = await asked(world, settings, [...model, "--mode", "rpc"], { stdin });
      const { data } = records(stdout).find((record) => record.command === "get_commands");
      const { body } = server.requests[0] as Json;
      return { names: data.commands.map((one: Json) => one.name), text: blocksOf(server)[0].text, prompt: JSON.stringify(body.system) };
    };
    const on = await commands({});
    expect(on.names).toContain("skill:greeting");
    expect(on.text).toContain("Say hello.");
    const off = await commands({ enableSkillCommands: false });
    expect(off.names).not.toContain("skill:greeting");
    expect(off.text).toBe("/skill:greeting now");
    expect(off.prompt).toContain("how to greet");
  });

  test("packages: what they bring is there, narrowed as the entry says", async ({ world }) => {
    for (const name of ["one", "two"]) {
      world.write(`../home/.pi/agent/pack/skills/${name}/SKILL.md`, `---\nname: ${name}\ndescription: skill ${name}\n---\nBody.\n`);
    }
    world.write("../home/.pi/agent/pack/package.json", JSON.stringify({ name: "pack", pi: { skills: ["./skills"] } }));
    const skillsWith = async (entry: unknown): Promise<string[]> => {
      const { stdout, stderr } = await asked(world, { packages: [entry] }, [...model, "--mode", "rpc"], {
        stdin: rpc({ type: "get_commands" }),
      });
      expect(stderr).toBe("");
      return records(stdout)[0].data.commands.map((one: Json) => one.name);
    };
    expect(await skillsWith("./pack")).toEqual(expect.arrayContaining(["skill:one", "skill:two"]));
    const narrowed = await skillsWith({ source: join(world.agentDir, "pack"), skills: ["skills/two"], themes: [] });
    expect(narrowed).toContain("skill:two");
    expect(narrowed).not.toContain("skill:one");
  });

  test("compaction.modelOverrides: a model with a reserve of its own is summarised sooner; others are not", async ({ world }) => {
    world.write("long.txt", "word ".repeat(8000));
    const scripts: Script[] = [{ say: [{ text: "One." }], usage: { input: 60_000, output: 5 } }, { say: [{ text: "Summary." }] }, fine];
    const compactions = async (of: string): Promise<number> => {
      const modelOverrides = { [of]: { reserveTokens: 150_000, keepRecentTokens: 1 } };
      const settings = { compaction: { modelOverrides } };
      const { stdout } = await asked(world, settings, [...model, "--mode", "json", "-p", "@long.txt", "first", "second"], { scripts });
      return records(stdout).filter((record) => record.type === "compaction_start").length;
    };
    expect(await compactions("anthropic/claude-haiku-4-5")).toBe(0);
    expect(await compactions(anthropic.model)).toBeGreaterThan(0);
  });

  test("models.json: samplingParams and compat are in the request, as PI_CACHE_RETENTION is", async ({ world }) => {
    const server = await startWireServer(() => ({ status: 401, body: "no" }));
    const own = { id: "m", contextWindow: 100_000, maxTokens: 4096, reasoning: true };
    const sampling = { samplingParams: { top_k: 20, seed: 1 }, samplingParamsByThinkingLevel: { high: { seed: 7 } } };
    const compat = {
      thinkingFormat: "chat-template",
      chatTemplateKwargs: { think: { $var: "thinking.effort" } },
      supportsLongCacheRetention: true,
    };
    const providers = {
      wire: { baseUrl: `${server.url}/v1`, apiKey: "k", api: "openai-completions", models: [{ ...own, ...sampling, compat }] },
    };
    world.write("../home/.pi/agent/models.json", JSON.stringify({ providers }));
    const env = { PI_CACHE_RETENTION: "long" };
    try {
      await world.run(["--model", "wire/m", "--thinking", "high", "-p", "hi"], { way, env });
    } finally {
      await server.close();
    }
    const expected = { top_k: 20, seed: 7, chat_template_kwargs: { think: "high" }, prompt_cache_retention: "24h" };
    expect(server.requests[0]?.body).toMatchObject(expected);
  });

  test("what can have no effect is named in one line; a value of the wrong kind too, and neither ends a run", async ({ world }) => {
    world.write(
      "../home/.pi/agent/settings.json",
      JSON.stringify({
        transport: "websocket",
        websocketConnectTimeoutMs: 5000,
        cacheWarming: "idle",
        codemode: { mode: "on" },
        images: { blockImages: "yes" },
        thinkingBudgets: { low: -5 },
        modelThinkingLevels: { "a/b": "enormous" },
        steeringMode: "sometimes",
        quietStartup: true,
      }),
    );
    const { stdout, stderr, status } = await world.run(["--model", world.trace(answerSteps("Fine.")), "-p", "hi"], { way });
    expect({ stdout, status }).toEqual({ stdout: "Fine.\n", status: 0 });
    const lines = stderr.trimEnd().split("\n");
    expect(lines).toHaveLength(5);
    expect(lines[0]).toMatch(/settings\.json: transport, websocketConnectTimeoutMs, cacheWarming, codemode\.mode have no effect here\.$/);
    for (const key of ["images.block", "thinking_budgets.low", "model_thinking_levels", "steering_mode"]) {
      expect(lines.filter((line) => line.includes(`${key} must be`) && line.endsWith("; ignored."))).toHaveLength(1);
    }
  });
});

test("a reload takes settings over that the client has left alone, and none that it has set", async ({ world }) => {
  world.write("../home/.pi/agent/settings.json", JSON.stringify({ steeringMode: "all" }));
  const program = world.start(["--mode", "rpc", "--model", "demo"], { stdin: "silent" });
  const say = (command: object): void => void program.child.stdin?.write(`${JSON.stringify(command)}\n`);
  say({ id: "1", type: "set_follow_up_mode", mode: "all" });
  await program.said('"id":"1"');
  world.write("../home/.pi/agent/settings.json", JSON.stringify({ steeringMode: "one-at-a-time", followUpMode: "one-at-a-time" }));
  say({ id: "2", type: "reload" });
  await program.said('"id":"2"');
  say({ id: "3", type: "get_state" });
  await program.said('"id":"3"');
  program.child.stdin?.end();
  const { stdout } = await program.result;
  const state = stdout.split("\n").find((line) => line.includes('"id":"3"')) ?? "";
  expect(JSON.parse(state).data).toMatchObject({ steeringMode: "one-at-a-time", followUpMode: "all" });
});
