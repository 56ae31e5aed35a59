// What people do every day: go on with a session, configure, trust a project, record and replay, hand in files.

import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { type Way, ways } from "../support/program.ts";
import { secret, services } from "../support/served.ts";
import { messagesOf, soundSession } from "../support/sound-session.ts";
import { strictAnthropic } from "../support/strict/anthropic.ts";
import { type Json, recordsOf, test } from "../support/world.ts";

const anthropic = (url: string) => ({ ANTHROPIC_BASE_URL: url, ANTHROPIC_API_KEY: secret });

describe.concurrent("going on", () => {
  test.for(ways)("with the last session of this folder, its model and its thinking level, run as %s", async (way, { world }) => {
    const server = await world.strict(strictAnthropic, [{ say: [{ text: "One" }] }, { say: [{ text: "Two" }] }]);
    const env = anthropic(server.baseUrl);
    await world.run(["--model", "anthropic/claude-sonnet-4-5", "--thinking", "low", "-p", "first"], { way, env });
    const { stdout, stderr } = await world.run(["-c", "-p", "second"], { way, env });
    expect({ stdout, stderr }).toEqual({ stdout: "Two\n", stderr: "" });
    const [first, second] = server.requests.map((request) => request.body);
    expect(second.model).toBe("claude-sonnet-4-5");
    expect(second.thinking).toEqual(first.thinking);
    expect(second.system).toEqual(first.system);
    expect(second.messages.map((message: Json) => message.role)).toEqual(["user", "assistant", "user"]);
    // What does not change is not said again.
    const entries = soundSession(world.sessionFiles()[0] ?? "");
    expect(entries.map((entry) => entry.message?.role ?? entry.type)).toEqual([
      ...["model_change", "thinking_level_change", "system", "user", "assistant", "user", "assistant"],
    ]);
  });

  test("a session of one way goes on in the others", async ({ world }) => {
    const order: Way[] = ["node", "binary", "bun", "node"];
    for (const way of order)
      expect(await world.run(["-c", "--model", "demo", "-p", "hello"], { way })).toMatchObject({ status: 0, stderr: "" });
    expect(world.sessionFiles()).toHaveLength(1);
    expect(messagesOf(soundSession(world.sessionFiles()[0] ?? ""))).toHaveLength(8);
  });

  test("-c without a session begins one", async ({ world }) => {
    expect(await world.run(["-c", "--model", "demo", "-p", "hello"])).toMatchObject({ status: 0, stderr: "" });
    expect(world.sessionFiles()).toHaveLength(1);
  });

  test("tools that are no longer there are taken back", async ({ world }) => {
    await world.run(["--model", "demo", "-p", "hello"]);
    await world.run(["-c", "--model", "demo", "-t", "read", "-p", "hello"]);
    const entries = soundSession(world.sessionFiles()[0] ?? "");
    const systems = entries.flatMap((entry) => (entry.message?.role === "system" ? [entry.message] : []));
    expect(systems).toHaveLength(2);
    expect(systems[1].toolsRemoved.map((tool: Json) => tool.name).sort()).toEqual(["bash", "edit", "write"]);
    expect(systems[1].toolsAdded).toBeUndefined();
  });

  test("a crash in the middle of a line costs that line only", async ({ world }) => {
    await world.run(["--model", "demo", "-p", "hello"]);
    const path = world.sessionFiles()[0] ?? "";
    appendFileSync(path, '{"type":"message","id":"deadbeef","parentId":');
    const { status, stdout } = await world.run(["-c", "--model", "demo", "-p", "hello"]);
    expect({ status, stdout }).toEqual({ status: 0, stdout: expect.stringMatching(/^Hello/) });
    const lines = readFileSync(path, "utf8").split("\n");
    expect(lines.filter((line) => line.startsWith('{"type":"message","id":"deadbeef"'))).toHaveLength(1);
    expect(lines.filter((line) => line.includes('"role":"user"'))).toHaveLength(2);
  });
});

describe.concurrent("configuration", () => {
  test("a model, a level and tools of the user's config.toml", async ({ world }) => {
    const server = await world.strict(strictAnthropic, [{ say: [{ text: "Yes" }] }]);
    world.config('model = "anthropic/claude-sonnet-4-5"\nthinking = "high"\n[tools]\nenabled = ["read"]\n');
    expect(await world.run(["-p", "hi"], { env: anthropic(server.baseUrl) })).toMatchObject({ status: 0, stderr: "", stdout: "Yes\n" });
    expect(server.requests[0]?.body).toMatchObject({
      model: "claude-sonnet-4-5",
      thinking: { type: "enabled" },
      tools: [{ name: "read" }],
    });
  });

  test("the demo model does not call a folder empty that it could not look into", async ({ world }) => {
    world.config('[shell]\npath = "/no/such/shell"\n');
    const { stdout } = await world.run(["--model", "demo", "-p", "What is in this folder?"]);
    expect(stdout).toMatch(/^That did not work: .*\/no\/such\/shell/);
  });

  test.for(ways)("a project's config.toml counts when it is approved, and only then, run as %s", async (way, { world }) => {
    world.write(".pi/config.toml", 'model = "demo"\nthinking = "low"\n');
    const skipped = await world.run(["--model", "demo", "-p", "hello"], { way });
    expect(skipped).toMatchObject({ status: 0, stdout: expect.stringMatching(/^Hello/) });
    expect(skipped.stderr).toMatch(/^pi: .*\.pi is not trusted: config\.toml skipped\. .*--approve.*\n$/);
    expect(await world.run(["--approve", "-p", "hello"], { way })).toMatchObject({ status: 0, stderr: "" });
    const { stdout } = await world.run(["config", "show", "--origin"], { way });
    expect(stdout).toMatch(/^thinking.*default/m);
    world.write("../home/.pi/agent/trust.json", JSON.stringify({ [world.cwd]: true }));
    expect(await world.run(["-p", "hello"], { way })).toMatchObject({ status: 0, stderr: "" });
  });

  test("a server named by an approved project never gets the user's key", async ({ world }) => {
    const server = await world.strict(strictAnthropic, [{ say: [{ text: "Got you" }] }]);
    world.write(".pi/config.toml", `[providers.anthropic]\nbase_url = "${server.baseUrl}"\n`);
    const env = { ANTHROPIC_API_KEY: secret };
    const { status, stdout } = await world.run(["--approve", "--model", "anthropic/claude-sonnet-4-5", "-p", "hi"], { env });
    expect(stdout).toBe("");
    expect(status).toBe(2);
    expect(server.requests).toEqual([]);
  });
});

describe.concurrent("recording", () => {
  test.for(services)("$format.api: replayed it gives the same answer; the credential is not in it", async (service, { world }) => {
    const server = await world.strict(service.format, [
      { say: [{ thinking: "Hm." }, { call: "bash", arguments: { command: "echo from the tool" } }] },
      { say: [{ text: "The tool spoke." }], usage: { input: 100, output: 20, cacheRead: 7 } },
    ]);
    world.config(service.toml(server.baseUrl));
    const env = service.env(server.baseUrl);
    const recorded = await world.run(["--record", "trace.jsonl", "--model", service.model, "--mode", "json", "-p", "go"], { env });
    expect(recorded).toMatchObject({ status: 0, stderr: "" });
    const trace = world.read("trace.jsonl");
    expect(trace).not.toContain(secret);
    expect(trace).not.toContain(server.url);
    const replayed = await world.run(["--model", "scripted/trace.jsonl", "--mode", "json", "-p", "go"]);
    expect(replayed).toMatchObject({ status: 0, stderr: "" });
    const said = (stdout: string): Json[] => messagesIn(stdout).map(({ content, usage, stopReason }) => ({ content, usage, stopReason }));
    expect(said(replayed.stdout)).toEqual(said(recorded.stdout));
    expect(server.requests).toHaveLength(2);
  });

  test("a failure is recorded too", async ({ world }) => {
    world.config("[retry]\nmax_retries = 0\n");
    const server = await world.strict(strictAnthropic, [{ refuse: 529, message: "so busy" }]);
    const args = ["--model", "anthropic/claude-sonnet-4-5", "-p", "hi"];
    const recorded = await world.run(["--record", "trace.jsonl", ...args], { env: anthropic(server.baseUrl) });
    const replayed = await world.run(["--model", "scripted/trace.jsonl", "-p", "hi"]);
    expect(recorded.stderr).toMatch(/^anthropic .*so busy/);
    const stderr = recorded.stderr.replace(/^anthropic/, "scripted");
    expect(replayed).toMatchObject({ stdout: recorded.stdout, stderr, status: recorded.status });
  });
});

function messagesIn(stdout: string): Json[] {
  return recordsOf(stdout).flatMap((record) =>
    record.type === "message_end" && record.message.role === "assistant" ? [record.message] : [],
  );
}

describe.concurrent("files in the prompt", () => {
  test("texts as blocks with their path, images as images", async ({ world }) => {
    const pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==";
    const text = world.write("a file.txt", "one\ntwo\n");
    const image = world.write("pixel.dat", Buffer.from(pixel, "base64"));
    await world.run(["--model", "demo", "@a file.txt", "@pixel.dat", "-p", "What is this?"]);
    const [user] = messagesOf(soundSession(world.sessionFiles()[0] ?? ""));
    expect(user.content[0].text).toContain(`<file name="${text}">\none\ntwo\n\n</file>`);
    expect(user.content[0].text).toContain(`<file name="${image}"></file>`);
    expect(user.content[0].text).toMatch(/What is this\?$/);
    expect(user.content[1]).toMatchObject({ type: "image", mimeType: "image/png" });
  });

  test("the output of a command", async ({ world }) => {
    await world.run(["--model", "demo", "-p"], { shell: '"$@" @<(echo from a command) "What is it?"' });
    expect(messagesOf(soundSession(world.sessionFiles()[0] ?? ""))[0].content[0].text).toContain("from a command\n");
  });
});

test("a session is called by what its user said: not by what came through a pipe, nor by the text of a template", async ({ world }) => {
  world.write("a.md", "of a file");
  mkdirSync(join(world.agentDir, "prompts"), { recursive: true });
  writeFileSync(join(world.agentDir, "prompts/check.md"), "A long text about checking $1");
  const begun: [string[], string?][] = [
    [["review this diff"], "diff --git a/x b/x\n"],
    [["@a.md", "and compare"], "diff --git a/x b/x\n"],
    [["/check src"]],
    [[], "only what was piped\n"],
    [["plain words"]],
  ];
  for (const [args, piped] of begun)
    await world.run(["--model", "demo", "-p", ...args], piped === undefined ? {} : { stdin: { text: piped } });
  const { stdout } = await world.run(["sessions", "list", "--json"]);
  const called = (JSON.parse(stdout) as { firstPrompt: string }[]).map((one) => one.firstPrompt);
  expect(called.sort()).toEqual(["/check src", "and compare", "only what was piped", "plain words", "review this diff"]);
  expect((await world.run(["sessions", "list", "--search", "review"])).stdout).toContain("review this diff");
});

test("what commands of the model see", async ({ world }) => {
  const command = "env | sort";
  const { stdout } = await world.run(["--model", "demo", "-p", `Run \`${command}\``], { env: { BUN_INSPECT: "", MY_OWN: "mine" } });
  const seen = stdout.split("\n");
  expect(seen).toContain("AI_AGENT=pi");
  expect(seen).toContain("PI_CODING_AGENT=true");
  expect(seen).toContain(`PI_SESSION_FILE=${world.sessionFiles()[0]}`);
  expect(seen).toContain("PI_PROVIDER=scripted");
  expect(seen).toContain("PI_MODEL=demo");
  expect(seen).toContain("PI_REASONING_LEVEL=off");
  expect(seen).toContain("MY_OWN=mine");
  expect(stdout).not.toContain("BUN_");
});
