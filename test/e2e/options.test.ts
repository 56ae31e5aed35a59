// Every option there is does what its help says: the table of options and this table of effects have the same names.

import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { type OptionName, optionTable } from "../../src/cli/options.ts";
import { messagesOf, soundSession } from "../support/sound-session.ts";
import { strictAnthropic } from "../support/strict/anthropic.ts";
import type { StrictServer } from "../support/strict/script.ts";
import { answerSteps, callSteps, event, type Json, recordsOf, test, textSteps, type World } from "../support/world.ts";

const demo = ["--model", "demo", "-p", "hello"];
const hello = /^Hello\. I am the demo model/;

/** Asks a local Anthropic and gives back what it was asked. */
async function asked(world: World, args: string[], env: Record<string, string> = {}): Promise<Json> {
  const server: StrictServer = await world.strict(strictAnthropic, [{ say: [{ text: "Yes" }] }]);
  const key = { ANTHROPIC_BASE_URL: server.baseUrl, ANTHROPIC_API_KEY: "sk-from-environment" };
  const { stderr, status } = await world.run([...args, "-p", "hi"], { env: { ...key, ...env } });
  expect({ stderr, status, complaints: server.complaints }).toEqual({ stderr: "", status: 0, complaints: [] });
  return { ...server.requests[0]?.body, headers: server.requests[0]?.headers };
}

const sonnet = ["--model", "anthropic/claude-sonnet-4-5"];
const system = (request: Json): string => request.system.map((block: Json) => block.text).join("\n");
const toolNames = (request: Json): string[] => (request.tools ?? []).map((tool: Json) => tool.name);
const entriesOf = (world: World, index = 0): Json[] => soundSession(world.sessionFiles()[index] ?? "");
const launch = async (world: World, args: string[]): Promise<Json> => JSON.parse((await world.run(["inspect", "--json", ...args])).stdout);

const effects: Record<OptionName, (world: World) => Promise<void>> = {
  "--print": async (world) => {
    const { stdout } = await world.run(["--model", "demo", "--print", "hello"]);
    expect(stdout).toMatch(hello);
  },
  "--mode": async (world) => {
    expect((await world.run(["--mode", "text", ...demo])).stdout).toMatch(hello);
    expect(recordsOf((await world.run(["--mode", "json", ...demo])).stdout).at(-1).type).toBe("agent_settled");
    const { stdout } = await world.run(["--mode", "rpc", "--model", "demo"], { stdin: { text: '{"id":"1","type":"get_state"}\n' } });
    expect(recordsOf(stdout)[0]).toMatchObject({ id: "1", type: "response", command: "get_state", success: true });
  },
  "--output": async (world) => {
    const { stdout, status } = await world.run(["-o", "answer.txt", ...demo]);
    expect({ stdout, status }).toEqual({ stdout: "", status: 0 });
    expect(world.read("answer.txt")).toMatch(hello);
    expect((await world.run(["--output", "-", ...demo])).stdout).toMatch(hello);
    const events = await world.run(["--mode", "json", "-o", "beside.txt", ...demo]);
    expect(recordsOf(events.stdout).at(-1).type).toBe("agent_settled");
    expect(world.read("beside.txt")).toBe(world.read("answer.txt"));
    const failed = world.trace([event({ type: "failure", failure: { code: "bad_request", message: "400 no" } })]);
    await world.run(["-o", "answer.txt", "--model", failed, "-p", "hi"]);
    expect(world.read("answer.txt")).toMatch(hello);
  },
  "--resume": async (world) => {
    await world.run(["--session-id", "first", "--name", "the first", ...demo]);
    await world.run(["--session-id", "second", ...demo]);
    const listed = await world.run(["-r"]);
    expect(listed).toMatchObject({ status: 0, stderr: "" });
    expect(listed.stdout).toMatch(/second.*\n.*the first/);
    expect(await world.run(["--resume", "first"])).toMatchObject({
      status: 2,
      stdout: "",
      stderr: expect.stringContaining("--session ID"),
    });
    const shell = `mkfifo typed; exec 3<> typed; echo "the first" >&3; script -qefc "$(printf '%q ' "$@")" /dev/null <&3`;
    const picked = await world.run(["--resume", ...demo], { shell });
    expect(picked.stdout).toMatch(/ 1 second[^\n]*\n +2 first .*the first/);
    expect(world.sessionFiles().map((_, index) => messagesOf(entriesOf(world, index)).length)).toEqual([4, 2]);
  },
  "--result": async (world) => {
    await world.run(["--result", "result.json", ...demo]);
    expect(JSON.parse(world.read("result.json"))).toMatchObject({ type: "result", outcome: "done", text: expect.stringMatching(hello) });
    expect(JSON.parse((await world.run(["--result", "-", ...demo])).stdout)).toMatchObject({ type: "result", outcome: "done" });
  },
  "--export": async (world) => {
    await world.run(demo);
    const { stdout, status } = await world.run(["--export", world.sessionFiles()[0] ?? "", "page.html"]);
    expect(status).toBe(0);
    expect(stdout).toContain("page.html");
    expect(world.read("page.html")).toContain("<!doctype html>");
  },
  "--list-models": async (world) => {
    const env = { ANTHROPIC_API_KEY: "k" };
    const { stdout, status } = await world.run(["--list-models", "sonnet"], { env });
    expect(status).toBe(0);
    expect(stdout).toMatch(/^provider +model +context +max-out +thinking +images/);
    expect(stdout).toMatch(/^anthropic +claude-sonnet-4-5 /m);
    expect(stdout).not.toMatch(/opus|^openai/m);
  },
  "--json": async (world) => {
    const { stdout } = await world.run(["--list-models", "sonnet-4-5", "--json"], { env: { ANTHROPIC_API_KEY: "k" } });
    expect(JSON.parse(stdout)[0]).toMatchObject({ provider: "anthropic", id: "claude-sonnet-4-5" });
    expect(await world.run(["--json", ...demo])).toMatchObject({ status: 2, stdout: "", stderr: expect.stringContaining("--mode json") });
  },
  "--output-schema": async (world) => {
    world.write("schema.json", '{"type":"object","properties":{"n":{"type":"number"}},"required":["n"]}');
    const model = world.trace(answerSteps("no json"), answerSteps('Here: {"n": 1}'));
    const { stdout, status } = await world.run(["--output-schema", "schema.json", "--model", model, "-p", "count"]);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ n: 1 });
  },
  "--quiet": async (world) => {
    const terminal = { shell: 'script -qefc "$(printf "%q " "$@")" /dev/null < /dev/null' };
    expect((await world.run(demo, terminal)).stdout).toContain("turn 1");
    expect((await world.run(["--quiet", ...demo], terminal)).stdout).toMatch(/^Hello[^\u001b]*$/);
  },
  "--progress": async (world) => {
    expect((await world.run(["--progress", ...demo])).stderr).toMatch(/^\d+ turns?, .*, session [\w-]+\n$/m);
  },
  "--verbose": async (world) => {
    expect((await world.run(["--verbose", "--model", "nope", "-p", "hi"])).stderr).toMatch(/\n +at /);
  },
  "--model": async (world) => {
    expect((await asked(world, ["--model", "anthropic/claude-haiku-4-5"])).model).toBe("claude-haiku-4-5");
    expect((await asked(world, ["--model", "claude-sonnet-4-5:high"])).thinking.budget_tokens).toBeGreaterThan(8192);
  },
  "--provider": async (world) => {
    expect((await asked(world, ["--provider", "anthropic", "--model", "sonnet-4-5"])).model).toMatch(/^claude-sonnet-4-5/);
    const refused = await world.run(["--provider", "openai", "--model", "claude-sonnet-4-5", "-p", "hi"]);
    expect(refused.status).toBe(2);
  },
  "--models": async (world) => {
    const lines = '{"id":"1","type":"cycle_model"}\n{"id":"2","type":"cycle_model"}\n';
    const env = { ANTHROPIC_API_KEY: "k" };
    const args = ["--mode", "rpc", "--models", "claude-sonnet-4-5,claude-opus-4-5:high"];
    const { stdout } = await world.run(args, { env, stdin: { text: lines } });
    const answers = recordsOf(stdout).filter((record) => record.command === "cycle_model");
    expect(answers.map((answer) => answer.data.model.id).sort()).toEqual(["claude-opus-4-5", "claude-sonnet-4-5"]);
    expect(answers.every((answer) => answer.data.isScoped)).toBe(true);
    world.config('model = "claude-opus-4-5"\n');
    expect((await asked(world, ["--models", "claude-sonnet-4-5,claude-haiku-4-5"])).model).toBe("claude-sonnet-4-5");
    expect((await asked(world, ["--models", "claude-sonnet-4-5,claude-opus-4-5"])).model).toBe("claude-opus-4-5");
    expect((await asked(world, ["--models", "claude-sonnet-4-5", ...sonnet, "-nc"])).model).toMatch(/^claude-sonnet/);
    const missing = await world.run(["--models", "demo,zzz/none", "--model", "demo", "-p", "hi"]);
    expect(missing).toMatchObject({ status: 0, stderr: expect.stringContaining('No available model matches "zzz/none"') });
    expect(await world.run(["--strict", "--models", "zzz/none", "--model", "demo", "-p", "hi"])).toMatchObject({ status: 2 });
  },
  "--api-key": async (world) => {
    const request = await asked(world, [...sonnet, "--api-key", "sk-from-option"]);
    expect(request.headers["x-api-key"]).toBe("sk-from-option");
    expect(readFileSync(world.sessionFiles()[0] ?? "", "utf8")).not.toContain("sk-from-option");
    expect(existsSync(join(world.agentDir, "auth.json"))).toBe(false);
  },
  "--thinking": async (world) => {
    expect((await asked(world, [...sonnet, "--thinking", "low"])).thinking).toMatchObject({ type: "enabled" });
    expect((await asked(world, [...sonnet, "--thinking", "off"])).thinking?.type ?? "disabled").toBe("disabled");
    const { settings } = await launch(world, ["--model", "demo", "--thinking", "low"]);
    expect(settings.find((one: Json) => one.key === "thinking")).toMatchObject({
      value: "low",
      origin: expect.stringContaining("command line"),
    });
  },
  "--fallback-model": async (world) => {
    world.config("[retry]\nmax_retries = 0\n");
    const down = world.trace([event({ type: "failure", failure: { code: "overloaded", message: "529 busy" } })]);
    const { stdout, status } = await world.run(["--fallback-model", "demo", "--model", down, "-p", "hello"]);
    expect(status).toBe(0);
    expect(stdout).toMatch(hello);
  },
  "--record": async (world) => {
    const { stdout } = await world.run(["--record", "trace.jsonl", "--model", "demo", "-p", "What is in this folder?"]);
    expect((await world.run(["--no-session", "--model", "scripted/trace.jsonl", "-p", "again"])).stdout).toBe(stdout);
  },
  "--system-prompt": async (world) => {
    expect(system(await asked(world, [...sonnet, "--system-prompt", "You are a parrot."]))).toMatch(/^You are a parrot\./);
    world.write("parrot.md", "A parrot in a file.\n");
    const request = await asked(world, [...sonnet, "--system-prompt", "parrot.md"]);
    expect(system(request)).toMatch(/^A parrot in a file\./);
    expect(system(request)).not.toContain("coding agent");
    const long = "Answer in one word. ".repeat(30).trim();
    expect(system(await asked(world, [...sonnet, "--system-prompt", long]))).toContain(long);
  },
  "--append-system-prompt": async (world) => {
    const text = system(await asked(world, [...sonnet, "--append-system-prompt", "First.", "--append-system-prompt", "Second."]));
    expect(text).toMatch(/coding agent.*First\..*Second\./s);
  },
  "--prompt-key": async (world) => {
    const run = (): Promise<{ stdout: string }> => world.run(["--session-id", "jobs", "--prompt-key", "job-1", ...demo]);
    const first = await run();
    expect(await run()).toMatchObject({ status: 0, stderr: "", stdout: first.stdout });
    expect(first.stdout).toMatch(hello);
    expect(entriesOf(world).filter((entry) => entry.message?.role === "user")).toHaveLength(1);
  },
  "--no-context-files": async (world) => {
    world.write("AGENTS.md", "Read me.");
    expect(system(await asked(world, sonnet))).toContain("Read me.");
    expect(system(await asked(world, [...sonnet, "-nc"]))).not.toContain("Read me.");
  },
  "--continue": async (world) => {
    await world.run(demo);
    await world.run(["-c", ...demo]);
    expect(world.sessionFiles()).toHaveLength(1);
    expect(messagesOf(entriesOf(world))).toHaveLength(4);
  },
  "--session": async (world) => {
    await world.run(demo);
    const id = JSON.parse(readFileSync(world.sessionFiles()[0] ?? "", "utf8").split("\n")[0] ?? "").id as string;
    await world.run(demo);
    await world.run(["--session", id.slice(0, 30), ...demo]);
    await world.run(["--session", world.sessionFiles()[0] ?? "", ...demo]);
    expect(world.sessionFiles().map((_, index) => messagesOf(entriesOf(world, index)).length)).toEqual([6, 2]);
    mkdirSync(join(world.cwd, "elsewhere"));
    await world.run(["--session-id", "away", ...demo], { cwd: join(world.cwd, "elsewhere") });
    const look = ["--model", "demo", "-p", "What is in this folder?"];
    expect((await world.run(["--session", "away", ...look])).stdout).toBe("This folder is empty.\n");
    expect((await world.run(["--session", "away", "--cwd", ".", ...look])).stdout).toContain("- elsewhere/");
    rmSync(world.sessionFiles().find((path) => path.endsWith("_away.jsonl")) ?? "");
    world.write("empty.jsonl", "");
    world.write("blank.jsonl", "\n  \r\n");
    symlinkSync("elsewhere/target.jsonl", join(world.cwd, "dangling.jsonl"));
    for (const path of ["new/own.jsonl", "empty.jsonl", "blank.jsonl", "dangling.jsonl"]) {
      for (let run = 0; run < 2; run++) expect((await world.run(["--session", path, ...demo])).status).toBe(0);
      expect(messagesOf(soundSession(join(world.cwd, path)))).toHaveLength(4);
    }
    expect(soundSession(join(world.cwd, "elsewhere/target.jsonl"))).toBeDefined();
    expect(lstatSync(join(world.cwd, "dangling.jsonl")).isSymbolicLink()).toBe(true);
    expect(world.sessionFiles()).toHaveLength(2);
  },
  "--session-id": async (world) => {
    await world.run(["--session-id", "my-own", ...demo]);
    await world.run(["--session-id", "my-own", ...demo]);
    expect(world.sessionFiles()).toEqual([expect.stringMatching(/_my-own\.jsonl$/)]);
    expect(messagesOf(entriesOf(world))).toHaveLength(4);
    await world.run(["--session-id", "later", ...demo]);
    await world.run(["-c", "--session", "my-own", ...demo]);
    expect(messagesOf(entriesOf(world))).toHaveLength(6);
  },
  "--fork": async (world) => {
    await world.run(["--session-id", "first", ...demo]);
    await world.run(["--fork", "first", ...demo]);
    expect(world.sessionFiles().map((_, index) => messagesOf(entriesOf(world, index)).length)).toEqual([2, 4]);
    const [header] = recordsOf(readFileSync(world.sessionFiles()[1] ?? "", "utf8"));
    expect(header.parentSession).toBe(world.sessionFiles()[0]);
  },
  "--on-busy": async (world) => {
    const holder = world.start([
      "--session-id",
      "held",
      "--mode",
      "json",
      "--model",
      world.trace([...textSteps("Hold"), { type: "hang" }]),
      "-p",
      "hi",
    ]);
    await holder.said("text_delta");
    const refused = await world.run(["--session", "held", ...demo]);
    expect(refused).toMatchObject({ stdout: "", stderr: expect.stringContaining(String(holder.pid)) });
    expect(refused.status).not.toBe(0);
    expect(await world.run(["--on-busy", "fork", "--session", "held", ...demo])).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(hello),
    });
    const impatient = await world.run(["--on-busy", "wait", "--session", "held", "--timeout", "300ms", "--result", "busy.json", ...demo]);
    expect(impatient).toMatchObject({ status: 3, stdout: "" });
    expect(impatient.stderr).toMatch(/Stopped after 0\.3 s \(--timeout\): another process still uses the session\. --on-busy fork/);
    expect(JSON.parse(world.read("busy.json"))).toMatchObject({ outcome: "budget", error: { code: "budget.timeout" } });
    expect((await world.run(["undo", "held"])).stderr).toMatch(/ is in use by process \d+\. Try again when it has ended\.\n$/);
    const waiting = world.start(["--on-busy", "wait", "--session", "held", "--timeout", "60s", ...demo]);
    holder.signal("SIGTERM");
    expect(await waiting.result).toMatchObject({ status: 0, stdout: expect.stringMatching(hello) });
    expect(world.sessionFiles()).toHaveLength(2);
  },
  "--session-dir": async (world) => {
    await world.run(["--session-dir", "here", ...demo]);
    expect(world.sessionFiles()).toEqual([]);
    expect((await world.run(["-c", "--session-dir", "here", ...demo])).status).toBe(0);
    expect(readdirSync(join(world.cwd, "here"))).toEqual([expect.stringMatching(/\.jsonl$/)]);
  },
  "--no-session": async (world) => {
    await world.run(["--no-session", ...demo]);
    const named = await world.run(["--no-session", "--session-id", "named", "--mode", "json", ...demo]);
    expect(JSON.parse(named.stdout.split("\n")[0] ?? "")).toMatchObject({ type: "session", id: "named" });
    expect(world.sessionFiles()).toEqual([]);
  },
  "--name": async (world) => {
    await world.run(["--name", " my\nname ", ...demo]);
    expect(entriesOf(world).find((entry) => entry.type === "session_info")).toMatchObject({ name: "my name" });
  },
  "--tools": async (world) => {
    expect(toolNames(await asked(world, [...sonnet, "--tools", "read,ls"])).sort()).toEqual(["ls", "read"]);
    expect(toolNames(await asked(world, [...sonnet, "-t", "+grep,-write"])).sort()).toEqual(["bash", "edit", "grep", "read"]);
  },
  "--exclude-tools": async (world) => {
    expect(toolNames(await asked(world, [...sonnet, "-xt", "bash,w*"])).sort()).toEqual(["edit", "read"]);
  },
  "--no-tools": async (world) => {
    expect(toolNames(await asked(world, [...sonnet, "-nt"]))).toEqual([]);
  },
  "--no-builtin-tools": async (world) => {
    expect(toolNames(await asked(world, [...sonnet, "-nbt"]))).toEqual([]);
  },
  "--permission-mode": async (world) => {
    expect(toolNames(await asked(world, [...sonnet, "--permission-mode", "plan"])).sort()).toEqual(["find", "grep", "ls", "read"]);
    const { stdout } = await world.run(["inspect", "--permission-mode", "ask", "--tool", "bash", "--command", "ls"]);
    expect(stdout).toBe("ask: the permission mode ask\n");
  },
  "--allow": async (world) => {
    const args = ["inspect", "--permission-mode", "ask", "--allow", "bash(git status)", "--tool", "bash", "--command"];
    expect((await world.run([...args, "git status -s"])).stdout).toBe("allow: allow bash(git status) (--allow)\n");
    expect((await world.run([...args, "git status; id"])).stdout).toMatch(/^ask: /);
  },
  "--deny": async (world) => {
    const deny = ["--deny", "bash(git push)", "--deny", "read(secrets/**)"];
    const { stdout } = await world.run(["inspect", ...deny, "--tool", "bash", "--command", "cd x && sudo git -C . push"]);
    expect(stdout).toBe("deny: deny bash(git push) (--deny)\n");
    expect((await world.run(["inspect", ...deny, "--tool", "read", "--path", "secrets/a/b"])).stdout).toMatch(/^deny: /);
    expect(await world.run(["--deny", "bash(", ...demo])).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/^Error: --deny "bash\(" is no rule/),
    });
  },
  "--skill": async (world) => {
    const path = world.write("skills/knit/SKILL.md", "---\nname: knit\ndescription: How to knit a sock\n---\nPurl.\n");
    expect(system(await asked(world, [...sonnet, "--skill", path]))).toContain("How to knit a sock");
  },
  "--no-skills": async (world) => {
    world.write("../home/.pi/agent/skills/knit/SKILL.md", "---\nname: knit\ndescription: How to knit a sock\n---\nPurl.\n");
    expect(system(await asked(world, sonnet))).toContain("How to knit a sock");
    expect(system(await asked(world, [...sonnet, "-ns"]))).not.toContain("How to knit a sock");
  },
  "--prompt-template": async (world) => {
    const path = world.write("greet.md", "Say hello to $1.\n");
    await world.run(["--prompt-template", path, "--model", "demo", "-p", "/greet Ann"]);
    expect(messagesOf(entriesOf(world))[0].content[0].text.trim()).toBe("Say hello to Ann.");
    const missing = await world.run(["--prompt-template", "gone.md", ...demo]);
    expect(missing).toMatchObject({ status: 0, stderr: `pi: ${join(world.cwd, "gone.md")} holds no prompt template.\n` });
  },
  "--no-prompt-templates": async (world) => {
    world.write("../home/.pi/agent/prompts/greet.md", "Say hello to $1.\n");
    await world.run(["--model", "demo", "-p", "/greet Ann"]);
    await world.run(["-np", "--model", "demo", "-p", "/greet Ann"]);
    expect(world.sessionFiles().map((_, index) => messagesOf(entriesOf(world, index))[0].content[0].text.trim())).toEqual([
      "Say hello to Ann.",
      "/greet Ann",
    ]);
  },
  "--extension": async (world) => {
    const path = world.write("mark.ts", 'export default () => console.error("loaded");');
    for (const name of ["-e", "--extension"]) expect((await world.run([name, path, ...demo])).stderr).toBe("loaded\n");
  },
  "--no-extensions": async (world) => {
    world.write("../home/.pi/agent/extensions/mark.ts", 'import { writeFileSync } from "node:fs"; writeFileSync("loaded", "");');
    for (const name of ["-ne", "--no-extensions"]) expect(await world.run([name, ...demo])).toMatchObject({ status: 0, stderr: "" });
    expect(existsSync(join(world.cwd, "loaded"))).toBe(false);
  },
  "--theme": async (world) => {
    world.write("loud.json", "{}");
    expect(await world.run(["--theme", "loud.json", "--theme", ".", ...demo])).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(hello),
    });
    expect(await world.run(["--theme", "none.json", ...demo])).toMatchObject({
      status: 2,
      stdout: "",
      stderr: expect.stringMatching(/^Error: --theme .*\/none\.json is not there\./),
    });
  },
  "--no-themes": async (world) => {
    world.write("../home/.pi/agent/themes/loud.json", "no theme at all");
    expect(await world.run(["--no-themes", ...demo])).toMatchObject({ status: 0, stderr: "", stdout: expect.stringMatching(hello) });
  },
  "--no-mcp": async (world) => {
    expect(await world.run(["--no-mcp", ...demo])).toMatchObject({ status: 0, stderr: "", stdout: expect.stringMatching(hello) });
  },
  "--use-theme": async (world) => {
    expect(await world.run(["--use-theme", "dark", ...demo])).toMatchObject({
      status: 0,
      stderr: "",
      stdout: expect.stringMatching(hello),
    });
    expect(await world.run([...demo, "--use-theme"])).toMatchObject({ status: 2, stdout: "" });
    const { stdout } = await world.run(["inspect", "--json", "--use-theme", "light"]);
    expect(stdout).toMatch(/"key": "theme",\s*"value": "light",\s*"origin": "command line"/);
  },
  "--tui-mode": async (world) => {
    expect(await world.run(["--tui-mode", "fullscreen", ...demo])).toMatchObject({
      status: 0,
      stderr: "",
      stdout: expect.stringMatching(hello),
    });
    expect(await world.run([...demo, "--tui-mode"])).toMatchObject({ status: 2, stdout: "" });
    expect(await world.run([...demo, "--tui-mode", "sideways"])).toMatchObject({ status: 2, stdout: "" });
  },
  "--approve": async (world) => {
    world.write(".pi/config.toml", 'model = "demo"\n');
    const refused = await world.run(["-p", "hello"]);
    expect(refused.status).toBe(2);
    expect(refused.stderr).toContain("--approve");
    expect(await world.run(["--approve", "-p", "hello"])).toMatchObject({ status: 0, stderr: "", stdout: expect.stringMatching(hello) });
  },
  "--no-approve": async (world) => {
    world.write(".pi/config.toml", 'thinking = "nonsense"\n');
    world.config('[trust]\ndefault = "always"\n');
    expect((await world.run(demo)).status).toBe(2);
    expect(await world.run(["-na", ...demo])).toMatchObject({ status: 0, stderr: "" });
  },
  "--max-turns": async (world) => {
    const again = callSteps("bash", { command: "true" });
    const { status, stderr } = await world.run(["--max-turns", "2", "--model", world.trace(again, again, again), "-p", "go"]);
    expect(status).toBe(3);
    expect(stderr).toContain("2 turns");
    expect(messagesOf(entriesOf(world)).filter((message) => message.role === "assistant")).toHaveLength(2);
  },
  "--max-cost": async (world) => {
    const server = await world.strict(strictAnthropic, [
      { say: [{ call: "bash", arguments: { command: "true" } }], usage: { input: 1_000_000, output: 1 } },
    ]);
    const env = { ANTHROPIC_BASE_URL: server.baseUrl, ANTHROPIC_API_KEY: "k" };
    const { status, stderr } = await world.run(["--max-cost", "0.5", ...sonnet, "-p", "go"], { env });
    expect(status).toBe(3);
    expect(stderr).toContain("USD");
    expect(server.requests).toHaveLength(1);
  },
  "--timeout": async (world) => {
    const { status, stderr } = await world.run(["--timeout", "300ms", "--model", world.trace([{ type: "hang" }]), "-p", "go"]);
    expect({ status, stderr }).toEqual({ status: 3, stderr: expect.stringContaining("0.3 s") });
  },
  "--stall": async (world) => {
    world.config("[retry]\nmax_retries = 0\n");
    const model = await world.run(["--stall", "model=200ms", "--model", world.trace([{ type: "hang" }]), "-p", "go"]);
    expect(model).toMatchObject({ status: 1, stderr: expect.stringContaining("sent nothing for 0.2 s") });
    const trace = world.trace(callSteps("bash", { command: "sleep 100" }), answerSteps("Well."));
    const tool = await world.run(["--stall", "tool=200ms", "--model", trace, "-p", "go"]);
    expect(tool).toMatchObject({ status: 0, stdout: "Well.\n", survivors: [] });
  },
  "--set": async (world) => {
    const { settings } = await launch(world, ["--model", "demo", "--set", "retry.max_retries=7", "--set", "tools.enabled=read,ls"]);
    const of = (key: string) => settings.find((one: Json) => one.key === key);
    expect(of("retry.max_retries")).toEqual({ key: "retry.max_retries", value: 7, origin: "command line" });
    expect(of("tools.enabled").value).toEqual(["read", "ls"]);
    for (const [text, said] of [
      ["retry.max_retrys=7", "Did you mean retry.max_retries?"],
      ["thinking=lots", "one of off, minimal"],
      ["thinking", "KEY=VALUE"],
    ]) {
      expect(await world.run(["--set", text ?? "", ...demo])).toMatchObject({
        status: 2,
        stdout: "",
        stderr: expect.stringContaining(said ?? ""),
      });
    }
  },
  "--strict": async (world) => {
    expect(await world.run(["--strict", "--tools", "read,reed", ...demo])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("reed"),
    });
    expect(await world.run(["--tools", "read,reed", ...demo])).toMatchObject({ status: 0, stderr: expect.stringMatching(/^pi: .*reed/) });
  },
  "--offline": async (world) => {
    const { settings } = await launch(world, ["--model", "demo", "--offline"]);
    expect(settings.find((one: Json) => one.key === "network.offline")).toMatchObject({
      value: true,
      origin: expect.stringContaining("command line"),
    });
    expect((await world.run(["--offline", ...demo])).status).toBe(0);
  },
  "--cwd": async (world) => {
    world.write("inner/only-here.txt", "");
    const { stdout } = await world.run(["--cwd", "inner", "--model", "demo", "-p", "What is in this folder?"]);
    expect(stdout).toContain("only-here.txt");
  },
  "--help": async (world) => {
    const { stdout, stderr, status } = await world.run(["--help"]);
    expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
    for (const record of optionTable) {
      expect(stdout).toContain(record.help);
      expect(stdout).toMatch(new RegExp(`^ +${"short" in record ? `${record.short}, ` : ""}${record.name}( |$)`, "m"));
    }
  },
  "--version": async (world) => {
    const { version } = JSON.parse(readFileSync(join(import.meta.dirname, "../../package.json"), "utf8"));
    expect((await world.run(["--version"])).stdout).toBe(`${version}\n`);
    expect((await world.run(["--model", "demo", "-v"])).stdout).toBe(`${version}\n`);
  },
};

test("every option has an effect that is tested", () => {
  expect(Object.keys(effects).sort()).toEqual(optionTable.map((record) => record.name).sort());
});

describe.concurrent("the effect of", () => {
  test.for(Object.entries(effects))("%s", ([, effect], { world }) => effect(world));
});

test("short names stand for the long ones, before and behind the message", async ({ world }) => {
  const { stdout, status } = await world.run(["hello", "-na", "-nc", "-ns", "-np", "-t", "read", "-n", "short", "--model=demo", "-p"]);
  expect({ stdout, status }).toEqual({ stdout: expect.stringMatching(hello), status: 0 });
  await world.run(["--no-session", "--model", "demo", "-p", "--result", "result.json", "--", "--help"]);
  expect(JSON.parse(world.read("result.json")).outcome).toBe("done");
});
