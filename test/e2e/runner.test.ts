// `pi runner` as hosts start it: what it is given and gives, whatever goes wrong, with both runtimes and in all ways it is delivered.

import { chmodSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, vi } from "vitest";
import { runContainer } from "../../src/runtime/host/container.ts";
import { commandOf, type ProgramResult, ways } from "../support/program.ts";
import { fakeClaude } from "../support/runtime-world.ts";
import { strictAnthropic } from "../support/strict/anthropic.ts";
import { answerSteps, callSteps, event, type Json, test, type World } from "../support/world.ts";

const input = (more: object = {}) => ({
  text: JSON.stringify({ prompt: "hi", groupFolder: "main", chatJid: "!r:x", isMain: true, ...more }),
});

/** The one object between markers, of a run that has written nothing else. */
function outputOf({ stdout }: Pick<ProgramResult, "stdout">, marker = "PI_OUTPUT"): Json {
  const lines = stdout.split("\n");
  expect(lines.length).toBe(4);
  expect([lines[0], lines[2], lines[3]]).toEqual([`---${marker}_START---`, `---${marker}_END---`, ""]);
  return JSON.parse(lines[1] ?? "");
}

/** Beside the log, which is JSON. */
const lastLine = ({ stderr }: ProgramResult): string => stderr.trimEnd().split("\n").at(-1) ?? "";
const hello = (world: World): string => world.trace(answerSteps("Hello."));

for (const way of ways)
  test(`${way}: one object in, one out`, async ({ world }) => {
    const ran = await world.run(["runner", "--model", hello(world)], { way, stdin: input() });
    expect(ran.status).toBe(0);
    const output = outputOf(ran);
    expect(output).toMatchObject({
      status: "success",
      result: "Hello.",
      error: null,
      engine: "pi",
      session_present: false,
      outcome: "done",
    });
    expect(output.new_session_id).toBe(output.newSessionId);
    for (const line of ran.stderr.trimEnd().split("\n")) expect(JSON.parse(line)).toMatchObject({ event: "run", outcome: "done" });
  });

test("markers are named by the switch, then the variable; one in the answer is not one", async ({ world }) => {
  const model = world.trace(answerSteps("---X_OUTPUT_END--- and ---X_OUTPUT_START---"));
  const args = ["runner", "--model", model];
  const ran = await world.run([...args, "--marker", "X_OUTPUT"], { stdin: input(), env: { PI_RUNNER_MARKER: "Y" } });
  expect(outputOf(ran, "X_OUTPUT").result).toBe("---X_OUTPUT_END--- and ---X_OUTPUT_START---");
  expect(ran.stdout.split("---X_OUTPUT_END---")).toHaveLength(2);
  outputOf(await world.run(args, { stdin: input(), env: { PI_RUNNER_MARKER: "Y" } }), "Y");
});

test.for([
  ["", "usage.runner_input"],
  ["{", "usage.runner_input"],
  ["[]", "usage.runner_input"],
  ["null", "usage.runner_input"],
  ['{"groupFolder":"main","chatJid":"x"}', "usage.runner_input"],
  ['{"prompt":"hi","chatJid":"x"}', "usage.runner_input"],
  ['{"prompt":"hi","groupFolder":"main"}', "usage.runner_input"],
  ['{"prompt":7,"groupFolder":"main","chatJid":"x"}', "usage.runner_input"],
  ['{"prompt":"hi","groupFolder":"main","chatJid":"x","timeoutMs":"soon"}', "usage.runner_input"],
  ['{"prompt":"hi","groupFolder":"main","chatJid":"x","thinking":"much"}', "usage.runner_input"],
  ['{"prompt":"hi","groupFolder":"../main","chatJid":"x"}', "usage.group"],
  ['{"prompt":"hi","groupFolder":"errors","chatJid":"x"}', "usage.group"],
  ['{"prompt":"hi","groupFolder":"main","chatJid":"x","engine":"gpt"}', "usage.runtime"],
] as const)("input %s is an error object, a line and status 1", async ([text, code], { world }) => {
  const ran = await world.run(["runner", "--model", hello(world)], { stdin: { text } });
  expect(ran.status).toBe(1);
  const output = outputOf(ran);
  expect(output).toMatchObject({ status: "error", result: null, code, usage: { totalTokens: 0, cost: { total: 0 } }, cost_usd: 0 });
  expect(lastLine(ran).slice(0, 60)).toBe(output.error.slice(0, 60));
  expect(Buffer.byteLength(lastLine(ran))).toBeLessThanOrEqual(200);
});

test("an input that is nested without end is refused in a line", async ({ world }) => {
  const deep = (open: string, close: string) => `${open.repeat(90_000)}1${close.repeat(90_000)}`;
  for (const more of [`"prompt":${deep("[", "]")}`, `"prompt":"hi","toolResults":[{"id":"1","result":${deep('{"a":', "}")}}]`]) {
    const ran = await world.run(["runner", "--model", hello(world)], { stdin: { text: `{${more},"groupFolder":"main","chatJid":"x"}` } });
    expect([ran.status, outputOf(ran).code]).toEqual([1, "usage.runner_input"]);
    expect(lastLine(ran)).toContain("nested deeper than");
  }
});

test("both spellings of a field are read, unknown ones are not", async ({ world }) => {
  const text = JSON.stringify({ prompt: "hi", group_folder: "main", chat_jid: "x", is_main: true, session_id: null, newField: { a: 1 } });
  expect(outputOf(await world.run(["runner", "--model", hello(world)], { stdin: { text } }))).toMatchObject({ status: "success" });
});

test("switches that are not known, and a configuration that cannot be read, are told between the markers, too", async ({ world }) => {
  const ran = await world.run(["runner", "--wrong"], { stdin: input() });
  expect(ran.status).toBe(1);
  expect(outputOf(ran)).toMatchObject({ code: "usage.unknown_option" });
  world.config("[runtime\n");
  expect(outputOf(await world.run(["runner"], { stdin: input() }))).toMatchObject({ status: "error", code: "config.syntax" });
});

test.for([
  [["--cwd", "/no/such/place"], "usage.bad_cwd"],
  [["--cwd", "/etc/passwd"], "usage.bad_cwd"],
  [["--timeout", "soon"], "usage.bad_value"],
  [["--stream=yes"], "usage.unexpected_value"],
  [["--engine", "gpt"], "usage.runtime"],
  [["--marker", "a b"], "usage.runner_input"],
  [["--data", "/etc/passwd"], "usage.group"],
  [["--model", "x".repeat(100_000)], "usage.unknown_model"],
  [["extra"], "usage.unknown_option"],
] as const)("the switches %j are an error object of bounded size", async ([args, code], { world }) => {
  const ran = await world.run(["runner", "--model", hello(world), ...args], { stdin: input() });
  const output = outputOf(ran);
  expect([ran.status, output.status, output.code]).toEqual([1, "error", code]);
  expect(output.error.length).toBeLessThan(5000);
  expect(Buffer.byteLength(lastLine(ran))).toBeLessThanOrEqual(200);
});

test("a variable that is set to nothing names no marker and no runtime", async ({ world }) => {
  const env = { PI_RUNNER_MARKER: "", PI_RUNTIME: "", PYLDON_AGENT_ENGINE: "" };
  expect(outputOf(await world.run(["runner", "--model", hello(world)], { stdin: input(), env }))).toMatchObject({ status: "success" });
});

test("a map of sessions that cannot be read costs the memory, not the run, and is told once", async ({ world }) => {
  world.write("data/sessions.json", "{bad");
  const ran = await world.run(["runner", "--model", hello(world), "--data", "data"], { stdin: input() });
  expect(outputOf(ran)).toMatchObject({ status: "success" });
  expect(ran.stderr.match(/The map of sessions/g)).toHaveLength(1);
  expect(world.read("data/sessions.json")).toBe("{bad");
});

test("a run whose host cannot know its runtime weighs on none of them", async ({ world }) => {
  await world.run(["runner", "--model", hello(world), "--data", "data", "--engine", "gpt"], { stdin: input() });
  const report = await world.run(["metrics", "--data", "data", "--json"]);
  expect(JSON.parse(report.stdout).engines.pi.agent_run_count).toBe(0);
});

test("a session goes on by its id, and by the map of the data directory", async ({ world }) => {
  const server = await world.strict(strictAnthropic, [{ say: [{ text: "First." }] }]);
  const env = { ANTHROPIC_API_KEY: "sk-ant-0123456789abcdef", ANTHROPIC_BASE_URL: server.baseUrl };
  const args = ["runner", "--model", "anthropic/claude-sonnet-4-5"];
  const first = outputOf(await world.run(args, { stdin: input({ prompt: "the zebra" }), env }));
  const second = outputOf(await world.run(args, { stdin: input({ sessionId: first.new_session_id }), env }));
  expect(second).toMatchObject({ session_present: true, new_session_id: first.new_session_id });
  expect(JSON.stringify(server.requests[1]?.body.messages)).toContain("the zebra");
  const data = ["--data", join(world.cwd, "data")];
  const kept = outputOf(await world.run([...args, ...data], { stdin: input(), env }));
  expect(JSON.parse(world.read("data/sessions.json"))).toEqual({ main: { claude: null, pi: kept.new_session_id } });
  expect(outputOf(await world.run([...args, ...data], { stdin: input(), env }))).toMatchObject({ session_present: true });
  const isolated = outputOf(await world.run([...args, ...data], { stdin: input({ contextMode: "isolated", isScheduledTask: true }), env }));
  expect(isolated).toMatchObject({ session_present: false, new_session_id: null });
  expect(JSON.stringify(server.requests.at(-1)?.body.messages)).toContain("nobody is waiting");
});

test("a run over its time is an error at once, with what there was", async ({ world }) => {
  const steps = [{ type: "event", event: { type: "text_start", contentIndex: 0 } }];
  const model = world.trace([...steps, event({ type: "text_delta", contentIndex: 0, delta: "Half" }), ...hanging]);
  const ran = await world.run(["runner", "--model", model, "--timeout", "1500"], { stdin: input() });
  const output = outputOf(ran);
  expect(output).toMatchObject({ status: "error", code: "runtime.timeout", partial_result: "Half" });
  expect(ran.status).toBe(1);
  // The command would go on for 100 s.
  expect(output.duration_ms).toBeLessThan(50_000);
});

/** A command that runs longer than any test. */
const hanging = callSteps("bash", { command: "echo started > started; sleep 100" });

test.for([
  ["SIGTERM", 143],
  ["SIGINT", 130],
] as const)("%s ends the run with an object, and nothing is left", async ([signal, status], { world }) => {
  const running = world.start(["runner", "--model", world.trace([...hanging, event({ type: "finish", stopReason: "toolUse" })])], {
    stdin: input(),
  });
  await expect.poll(() => readdirSync(world.cwd), { timeout: 60_000 }).toContain("started");
  running.signal(signal);
  const ran = await running.result;
  expect(ran).toMatchObject({ status, survivors: [] });
  expect(outputOf(ran)).toMatchObject({ status: "error", outcome: "aborted" });
});

test("blocks are written as they come, each in a pair", async ({ world }) => {
  const ran = await world.run(["runner", "--stream", "--model", hello(world)], { stdin: input() });
  const objects = [...ran.stdout.matchAll(/---PI_OUTPUT_START---\n(.*)\n---PI_OUTPUT_END---\n/g)].map(
    ([, json = ""]) => JSON.parse(json) as Json,
  );
  expect(objects.map(({ status }) => status)).toEqual(["partial", "success"]);
  expect(objects.map(({ result }) => result)).toEqual(["Hello.", "Hello."]);
});

test("tools by files: what was sent by one is a success without a result", async ({ world }) => {
  const finish = event({ type: "finish", stopReason: "toolUse" });
  const model = world.trace([...callSteps("pyldon_send_message", { text: "The build is green." }), finish], answerSteps(""));
  world.config('[ipc]\ntool_prefix = "pyldon_"\n');
  const ran = await world.run(["runner", "--model", model], { stdin: input(), env: { PYLDON_IPC_DIR: join(world.cwd, "ipc") } });
  expect(outputOf(ran)).toMatchObject({ status: "success", result: null, used_ipc_send: true });
  const [file = ""] = readdirSync(join(world.cwd, "ipc/messages"));
  expect(JSON.parse(world.read(`ipc/messages/${file}`))).toMatchObject({ type: "message", chatJid: "!r:x", text: "The build is green." });
});

test("keys of the environment reach no command, no log and no error", async ({ world }) => {
  const key = "sk-ant-canary-0123456789abcdefghij";
  const finish = event({ type: "finish", stopReason: "toolUse" });
  const model = world.trace([...callSteps("bash", { command: `env; echo ${key}` }), finish], answerSteps("Done."));
  const ran = await world.run(["runner", "--model", model, "--data", "data"], {
    stdin: input(),
    env: { ANTHROPIC_API_KEY: key, SOME_PLAIN: "plain", GH: "ghp_0123456789abcdefghijklmnopqrstuvwxyz" },
  });
  const output = outputOf(ran);
  expect(output).toMatchObject({ status: "success" });
  const [{ result_preview: preview }] = output.tool_calls;
  expect(preview).not.toContain("SOME_PLAIN");
  expect(preview).toContain("AI_AGENT=pi");
  expect(ran.stdout + ran.stderr).not.toContain(key);
  const day = readdirSync(join(world.cwd, "data/metrics"))[0] ?? "";
  expect(world.read(`data/metrics/${day}`)).not.toContain(key);
});

/** `claude` on PATH, as hosts have it. */
function installClaude(world: World): Record<string, string> {
  const bin = join(world.home, "bin");
  mkdirSync(bin, { recursive: true });
  symlinkSync(fakeClaude, join(bin, "claude"));
  return { PATH: `${bin}:${process.env.PATH}` };
}

test("what a host calls a session or a model never becomes an option of the child", async ({ world }) => {
  const seen = join(world.home, "seen");
  const bin = join(world.home, "bin");
  mkdirSync(bin, { recursive: true });
  const result = { type: "result", subtype: "success", is_error: false, result: "Yes.", session_id: "s", total_cost_usd: 0.25 };
  writeFileSync(join(bin, "claude"), `#!/bin/sh\nprintf '%s\\n' "$@" > '${seen}'\necho '${JSON.stringify(result)}'\n`, { mode: 0o755 });
  const asked = { sessionId: "--dangerously-skip-permissions", model: "--add-dir=/" };
  const ran = await world.run(["runner", "--engine", "claude"], { stdin: input(asked), env: { PATH: `${bin}:${process.env.PATH}` } });
  // An answer that came without a message is one, and what it cost is told.
  expect(outputOf(ran)).toMatchObject({ status: "success", result: "Yes.", session_present: false, cost_usd: 0.25 });
  const args = readFileSync(seen, "utf8");
  expect(args).not.toMatch(/dangerously|add-dir|--resume|--model/);
});

for (const way of ways.filter((one) => one !== "bun"))
  test(`${way}: the other runtime carries it out`, async ({ world }) => {
    const server = await world.strict(strictAnthropic, [{ say: [{ text: "From the other." }] }]);
    const env = { ...installClaude(world), ANTHROPIC_API_KEY: "sk-ant-0123456789abcdef", ANTHROPIC_BASE_URL: server.baseUrl };
    const ran = await world.run(["runner", "--engine", "claude", "--data", "data"], { way, stdin: input(), env });
    const output = outputOf(ran);
    expect(output).toMatchObject({ status: "success", result: "From the other.", engine: "claude" });
    expect(JSON.parse(world.read("data/sessions.json"))).toEqual({ main: { claude: output.new_session_id, pi: null } });
    expect(readdirSync(join(world.cwd, "data/sessions/main/.claude"))).toHaveLength(1);
    expect(ran.survivors).toEqual([]);
  });

test.for(["pi", "claude"])(
  "%s: an extension changes the texts that a run begins with, and a throwing one stops nothing",
  async (engine, { world }) => {
    const server = await world.strict(strictAnthropic, [{ say: [{ text: "Yes." }] }]);
    const env = { ...installClaude(world), ANTHROPIC_API_KEY: "sk-ant-0123456789abcdef", ANTHROPIC_BASE_URL: server.baseUrl };
    world.write("AGENTS.md", "the first text");
    mkdirSync(join(world.agentDir, "extensions"), { recursive: true });
    const source = `export default (pi) => {
    pi.on("agent_bootstrap", () => { throw new Error("no"); });
    pi.on("agent:bootstrap", ({ files }) => ({ files: [{ name: "MORE.md", content: "was " + files.length + " text" }] }));
  };`;
    writeFileSync(join(world.agentDir, "extensions", "more.js"), source);
    const args = ["runner", "--engine", engine, "--model", "anthropic/claude-sonnet-4-5"];
    expect(outputOf(await world.run(args, { stdin: input(), env }))).toMatchObject({ status: "success", engine });
    const system = JSON.stringify(server.requests[0]?.body.system);
    expect(system).toContain("was 1 text");
    expect(system).not.toContain("the first text");
  },
);

test("another runtime takes over where nothing was done, and not behind a side effect", async ({ world }) => {
  world.config('[runtime]\nfallback = ["pi"]\n');
  const env = { PATH: "/nowhere:/usr/bin:/bin" };
  const fell = outputOf(await world.run(["runner", "--engine", "claude", "--model", hello(world)], { stdin: input(), env }));
  expect(fell).toMatchObject({ status: "success", engine: "pi", fallback_from: [{ runtime: "claude", code: "runtime.unavailable" }] });
  world.config('[runtime]\nfallback = ["claude"]\n[retry]\nenabled = false\n');
  const failure = { type: "failure", failure: { code: "overloaded", message: "529" } };
  const model = world.trace(
    [...callSteps("bash", { command: "echo x >> done" }), event({ type: "finish", stopReason: "toolUse" })],
    [event(failure)],
  );
  const stood = outputOf(await world.run(["runner", "--model", model], { stdin: input(), env: installClaude(world) }));
  expect(stood).toMatchObject({ status: "error", code: "model.overloaded", engine: "pi" });
  expect(stood.fallback_from).toBeUndefined();
  expect(world.read("done")).toBe("x\n");
});

test("who carries it out is told without carrying it out", async ({ world }) => {
  world.config('[rollout]\nruntime = "claude"\npercent = 100\n');
  const explained = async (args: string[], env: Record<string, string> = {}, more: object = {}): Promise<Json> =>
    JSON.parse((await world.run(["runner", "--explain-route", ...args], { stdin: input(more), env })).stdout);
  expect(await explained([])).toEqual({
    group: "main",
    runtime: "claude",
    why: "rollout",
    fallback: [],
    rollout: { bucket: expect.any(Number), percent: 100 },
  });
  expect(await explained([], { PYLDON_AGENT_ENGINE: "pi" })).toMatchObject({ runtime: "pi", why: "env" });
  expect(await explained([], { PYLDON_AGENT_ENGINE: "pi" }, { engine: "claude" })).toMatchObject({ runtime: "claude", why: "input" });
  expect(await explained(["--engine", "pi"], {}, { engine: "claude" })).toMatchObject({ runtime: "pi", why: "flag" });
});

test("a picture that is not there is told, and the run goes on", async ({ world }) => {
  const ran = await world.run(["runner", "--model", hello(world)], { stdin: input({ images: [{ containerPath: "no.png" }] }) });
  expect(outputOf(ran)).toMatchObject({ status: "success" });
  expect(ran.stderr).toMatch(/pi: The image .*no\.png is left out/);
});

test("pi sessions migrate: once, with a copy, and nothing of what cannot be read", async ({ world }) => {
  const file = world.write("sessions.json", '{"main":"abc","other":{"claude":"x"},"both":{"claude":null,"pi":"p","more":1}}');
  const migrate = (...more: string[]) => world.run(["sessions", "migrate", file, ...more]);
  expect(await migrate()).toMatchObject({ status: 0, stdout: expect.stringContaining("2 of 3 groups") });
  const migrated = world.read("sessions.json");
  expect(JSON.parse(migrated)).toEqual({
    main: { claude: "abc", pi: null },
    other: { claude: "x", pi: null },
    both: { claude: null, pi: "p", more: 1 },
  });
  expect(JSON.parse(world.read("sessions.json.bak")).main).toBe("abc");
  expect(JSON.parse((await migrate("--json")).stdout)).toMatchObject({ migrated: [], groups: 3 });
  expect(world.read("sessions.json")).toBe(migrated);
  const bad = world.write("bad.json", "{bad");
  const refused = await world.run(["sessions", "migrate", bad]);
  expect(refused).toMatchObject({ status: 1, stderr: expect.stringMatching(/^Error: .*bad\.json.*no JSON/) });
  expect(readdirSync(world.cwd).filter((name) => name.startsWith("bad"))).toEqual(["bad.json"]);
});

test("a host's side of it: what a container gives becomes an object, whatever it gives", async ({ world, onTestFinished }) => {
  vi.stubEnv("PI_CODING_AGENT_DIR", join(world.home, "of the host"));
  onTestFinished(() => void vi.unstubAllEnvs());
  const scripted = (text: string): [string, ...string[]] => {
    const path = join(world.cwd, `child-${Math.random().toString(36).slice(2)}.sh`);
    writeFileSync(path, `#!/bin/sh\n${text}\n`);
    chmodSync(path, 0o755);
    return [path];
  };
  const run = (text: string, more: object = {}) =>
    runContainer({ argv: scripted(text), input: {}, timeoutMs: 60_000, env: { PATH: "/usr/bin:/bin" }, ...more });
  const one = '{"status":"success","result":"one","new_session_id":"s"}';
  expect(await run(`echo noise; echo ---PI_OUTPUT_START---; echo '${one}'; echo ---PI_OUTPUT_END---; echo more`)).toMatchObject({
    result: "one",
    newSessionId: "s",
  });
  expect(await run(`echo noise; echo '${one}'; echo`)).toMatchObject({ result: "one" });
  expect(await run("echo ---PI_OUTPUT_START---; echo '{\"sta'")).toMatchObject({ status: "error", code: "runtime.crashed" });
  expect(await run("echo boom sk-ant-0123456789abcdefghij >&2; exit 3")).toMatchObject({ status: "error", error: "boom [redacted]" });
  expect(await run("exit 3")).toMatchObject({ status: "error", error: expect.stringContaining("exit status 3") });
  const long = `yes x | head -c 100000; echo; echo '${one}'`;
  expect(await run(long, { maxOutputBytes: 5000 })).toMatchObject({ result: "one", truncated: true });
  expect(await run(long)).not.toHaveProperty("truncated");
  mkdirSync(join(world.home, "of the host"));
  const settings = join(world.home, "of the host", "config.toml");
  writeFileSync(settings, "[runtime]\nmax_output_bytes = 5000\n");
  expect(await run(long)).toMatchObject({ result: "one", truncated: true });
  expect(await run(long, { maxOutputBytes: 200_000 })).not.toHaveProperty("truncated");
  writeFileSync(settings, '[runtime]\nmax_output_bytes = "many"\n');
  expect(await run(long)).toMatchObject({ status: "error", code: "config.wrong_type", error: expect.stringContaining("max_output_bytes") });
  writeFileSync(settings, "");
  const killed = join(world.cwd, "killed");
  const startedMs = performance.now();
  const over = await run("sleep 100 & sleep 100", { timeoutMs: 300, killArgv: ["/usr/bin/touch", killed] });
  expect(over).toMatchObject({ status: "error", code: "runtime.timeout" });
  expect(performance.now() - startedMs).toBeLessThan(50_000);
  expect(readFileSync(killed, "utf8")).toBe("");
  const stopping = new AbortController();
  const onPartial = (): void => stopping.abort();
  const begun = 'echo ---PI_OUTPUT_START---; echo \'{"status":"partial","result":"a"}\'; echo ---PI_OUTPUT_END---; exec sleep 100';
  const stopped = await run(begun, { signal: stopping.signal, onPartial, killArgv: ["/usr/bin/touch", `${killed} too`] });
  expect(stopped).toMatchObject({ status: "error", code: "model.aborted", partial_result: "a" });
  expect(readFileSync(`${killed} too`, "utf8")).toBe("");
  const circle: { circle?: object } = {};
  circle.circle = circle;
  const wrong = [
    undefined,
    { argv: ["cat", 5] },
    { argv: [] },
    { input: undefined },
    { input: "text" },
    { input: circle },
    { timeoutMs: Number.NaN },
  ];
  for (const more of wrong)
    expect(await runContainer((more && { argv: ["cat"], input: {}, timeoutMs: 1000, ...more }) as never)).toMatchObject({
      status: "error",
      code: "usage.bad_value",
    });
  expect(await runContainer({ argv: ["/no/such/program"], input: {}, timeoutMs: 1000, env: {} })).toMatchObject({
    code: "runtime.unavailable",
  });
  const [program = "", ...rest] = commandOf("binary");
  const whole = await runContainer({
    argv: [program, ...rest, "runner", "--model", hello(world)],
    input: JSON.parse(input().text),
    timeoutMs: 60_000,
    cwd: world.cwd,
    env: { PATH: "/usr/bin:/bin", HOME: world.home },
  });
  expect(whole).toMatchObject({ status: "success", result: "Hello." });
});

test("a host's side of it: no container makes a value of a wrong type, hides its result, or brings the host down", async ({ world }) => {
  const file = join(world.cwd, "said");
  const run = (text: string, more: object = {}) => {
    writeFileSync(file, text);
    return runContainer({ argv: ["/bin/cat", file], input: {}, timeoutMs: 60_000, env: { PATH: "/usr/bin:/bin" }, ...more });
  };
  const marked = (...objects: object[]) =>
    objects.map((one) => `---PI_OUTPUT_START---\n${JSON.stringify(one)}\n---PI_OUTPUT_END---\n`).join("");
  const success = { status: "success", result: "one", new_session_id: "s" };
  expect(
    await run(marked({ status: "success", result: 5, error: {}, new_session_id: 7, newSessionId: "t", tool_calls: "x" })),
  ).toMatchObject({
    status: "success",
    result: null,
    error: null,
    new_session_id: "t",
    newSessionId: "t",
    tool_calls: [],
    session_present: false,
    cost_usd: 0,
  });
  for (const none of [{ status: "great" }, { status: 5 }, {}, [1]])
    expect(await run(marked(none))).toMatchObject({ status: "error", code: "runtime.crashed", usage: { totalTokens: 0 } });
  // However much comes behind it, and however little of that is kept.
  const flooded = await run(`${marked(success)}${"x\n".repeat(100_000)}`, { maxOutputBytes: 1000 });
  expect(flooded).toMatchObject({ result: "one", truncated: true });
  const told: unknown[] = [];
  const onPartial = (one: { result?: string | null }) => {
    told.push(one.result);
    if (told.length === 1) throw new Error("the host's own");
    return Promise.reject(new Error("the host's own"));
  };
  const partial = (result: string) => ({ status: "partial", result });
  expect(await run(marked(partial("a"), partial("b"), success), { onPartial })).toMatchObject({ result: "one" });
  expect(told).toEqual(["a", "b"]);
  expect(await run(marked(success), { timeoutMs: 1e12 })).toMatchObject({ result: "one" });
  for (const wrong of [{ timeoutMs: Number.NaN }, { timeoutMs: -1 }, { argv: [] }, { argv: [""] }])
    expect(await run(marked(success), wrong)).toMatchObject({ status: "error", code: "usage.bad_value" });
  const circular: Record<string, unknown> = {};
  circular.self = circular;
  expect(await run(marked(success), { input: circular })).toMatchObject({ status: "error" });
  const stopped = await runContainer({ argv: ["/bin/sleep", "100"], input: {}, timeoutMs: 60_000, env: {}, signal: AbortSignal.abort() });
  expect(stopped).toMatchObject({ status: "error", code: "model.aborted", outcome: "aborted" });
});
