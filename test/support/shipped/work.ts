// What each shipped example does where there is no terminal, and how that is seen: a record an example, by the runs that it takes part in.
// Used by the tests of shipped extensions. Invariant: each looks at what the example alone could have done.

import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { rgPath } from "@vscode/ripgrep";
import { expect } from "vitest";
import { strictChat } from "../strict/openai-completions.ts";
import type { Say, StrictServer } from "../strict/script.ts";
import { answerSteps, callSteps, type Json, recordsOf, type World } from "../world.ts";
import type { Bench } from "./examples.ts";

type Task = (bench: Bench) => Promise<void>;

/** What came of the calls that the model made, one after another. */
async function resultsOf(bench: Bench, calls: (readonly [tool: string, args: object])[], more: readonly string[] = []): Promise<Json[]> {
  const steps = calls.map(([tool, args], index) => callSteps(tool, args, `call_${index}`));
  const model = bench.world.trace(...steps, answerSteps("done"));
  const { stdout, stderr, status } = await bench.run(["--mode", "json", "--model", model, ...more, "go"]);
  expect(status, stderr).toBe(0);
  const ended = recordsOf(stdout).filter(({ type }) => type === "tool_execution_end");
  return ended.map(({ isError, result }) => ({ isError, text: result.content[0]?.text, details: result.details }));
}

/** Answers at a strict service, as the model `local/m`. */
export async function service(world: World, ...say: Say[]): Promise<{ server: StrictServer; model: string }> {
  const server = await world.strict(strictChat, say.length > 0 ? say : [{ say: [{ text: "answer" }], stop: "stop" }]);
  world.config(
    `[providers.local]\napi = "openai-completions"\nbase_url = "${server.baseUrl}"\napi_key = "k"\n[[providers.local.models]]\nid = "m"\ncontext_window = 200000\nmax_tokens = 4096\n`,
  );
  return { server, model: "local/m" };
}

/** The words of the system's and the user's messages that a request carries. */
export function wordsOf(request: Json): string {
  return JSON.stringify(request.body);
}

/** A repository with one commit, and what is given changed since. */
export function repository(directory: string, changed: Record<string, string> = {}): (...args: string[]) => string {
  const env = { ...process.env, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_SYSTEM: "/dev/null" };
  const git = (...args: string[]): string => execFileSync("git", args, { cwd: directory, env, encoding: "utf8", stdio: "pipe" });
  git("init", "-q", "--template=", "-b", "main");
  git("config", "user.email", "a@example.org");
  git("config", "user.name", "A");
  writeFileSync(join(directory, "kept.txt"), "first\n");
  git("add", "-A");
  git("commit", "-q", "-m", "first");
  for (const [path, text] of Object.entries(changed)) writeFileSync(join(directory, path), text);
  return git;
}

/** A program of this name, first on the path. */
export function programNamed(world: World, name: string, script: string): Record<string, string> {
  const directory = join(world.home, "own-bin");
  mkdirSync(directory, { recursive: true });
  const path = join(directory, name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return { PATH: `${directory}:/usr/bin:/bin` };
}

export const work: Record<string, Task> = {
  "hello.ts": async (bench) => {
    expect(await resultsOf(bench, [["hello", { name: "you" }]])).toMatchObject([{ isError: false, text: "Hello, you!" }]);
  },
  "todo.ts": async (bench) => {
    const [, listed] = await resultsOf(bench, [
      ["todo", { action: "add", text: "sweep" }],
      ["todo", { action: "list" }],
    ]);
    expect(listed.text).toMatch(/#1.*sweep/);
  },
  "tool-override.ts": async (bench) => {
    bench.world.write("plain.txt", "plain words\n");
    bench.world.write(".env", "A=1\n");
    const [plain, secret] = await resultsOf(bench, [
      ["read", { path: "plain.txt" }],
      ["read", { path: ".env" }],
    ]);
    expect(plain).toMatchObject({ isError: false, text: "plain words\n" });
    expect(secret.text).toMatch(/Access denied/);
    expect(readFileSync(join(bench.world.agentDir, "read-access.log"), "utf8")).toMatch(/ALLOWED: .*plain\.txt\n.*BLOCKED: .*\.env/);
  },
  "structured-output.ts": async (bench) => {
    const call = callSteps("structured_output", { headline: "H", summary: "S", actionItems: ["one"] });
    // Its result ends the run: the model is not asked again.
    const { stdout, status } = await bench.run(["--mode", "json", "--model", bench.world.trace(call), "go"]);
    expect({ status, said: /"headline":"H"/.test(stdout) }).toEqual({ status: 0, said: true });
  },
  "protected-paths.ts": async (bench) => {
    const results = await resultsOf(bench, [
      ["write", { path: ".env", content: "A=2" }],
      ["write", { path: "free.txt", content: "x" }],
    ]);
    expect(results).toMatchObject([{ isError: true, text: expect.stringContaining('".env" is protected') }, { isError: false }]);
    expect(existsSync(join(bench.world.cwd, ".env"))).toBe(false);
  },
  "permission-gate.ts": async (bench) => {
    const results = await resultsOf(bench, [
      ["bash", { command: "sudo rm -rf /nothing-here" }],
      ["bash", { command: "echo free" }],
    ]);
    expect(results).toMatchObject([{ isError: true, text: expect.stringContaining("Dangerous command blocked") }, { text: "free\n" }]);
  },
  "bash-spawn-hook.ts": async (bench) => {
    writeFileSync(join(bench.world.home, ".profile"), "FROM_PROFILE=profile\n");
    const [ran] = await resultsOf(bench, [["bash", { command: "echo $FROM_PROFILE $PI_SPAWN_HOOK" }]]);
    expect(ran).toMatchObject({ isError: false, text: "profile 1\n" });
  },
  "dynamic-tools.ts": async (bench) => {
    const [echoed] = await resultsOf(bench, [["echo_session", { message: "again" }]]);
    expect(echoed).toMatchObject({ isError: false, text: expect.stringContaining("again") });
  },
  "truncated-tool.ts": async (bench) => {
    const { world } = bench;
    const env = programNamed(world, "rg", `exec ${rgPath} "$@"`);
    world.write("many.txt", "needle\n".repeat(4000));
    const model = world.trace(
      callSteps("rg", { pattern: "needle" }, "a"),
      callSteps("rg", { pattern: "absent" }, "b"),
      answerSteps("done"),
    );
    const { stdout, status } = await bench.run(["--mode", "json", "--model", model, "go"], { env });
    const [found, absent] = recordsOf(stdout).filter(({ type }) => type === "tool_execution_end");
    expect(status).toBe(0);
    expect(found.result.details).toMatchObject({ matchCount: 4000, truncation: { truncated: true, outputLines: 2000 } });
    expect(readFileSync(found.result.details.fullOutputPath, "utf8").split("\n")).toHaveLength(4001);
    expect(absent.result.content[0].text).toBe("No matches found");
  },
  "built-in-tool-renderer.ts": async (bench) => {
    bench.world.write("a.txt", "old words\n");
    const results = await resultsOf(bench, [
      ["read", { path: "a.txt" }],
      ["edit", { path: "a.txt", edits: [{ oldText: "old", newText: "new" }] }],
      ["bash", { command: "cat a.txt" }],
      ["write", { path: "b.txt", content: "b" }],
    ]);
    expect(results.map(({ isError }) => isError)).toEqual([false, false, false, false]);
    expect(results[2].text).toBe("new words\n");
  },
  "minimal-mode.ts": async (bench) => {
    bench.world.write("a.txt", "old words\n");
    const results = await resultsOf(bench, [
      ["ls", { path: "." }],
      ["grep", { pattern: "old", path: "." }],
      ["find", { pattern: "*.txt" }],
      ["edit", { path: "a.txt", edits: [{ oldText: "old", newText: "new" }] }],
      ["read", { path: "a.txt" }],
    ]);
    expect(results.map(({ text }) => text)).toEqual([
      expect.stringContaining("a.txt"),
      expect.stringContaining("a.txt:1"),
      expect.stringContaining("a.txt"),
      expect.any(String),
      "new words\n",
    ]);
  },
  "question.ts": async (bench) => {
    const [asked] = await resultsOf(bench, [["question", { question: "Which?", options: [{ label: "one" }, { label: "two" }] }]]);
    expect(asked.text).toMatch(/UI not available/);
  },
  "questionnaire.ts": async (bench) => {
    const questions = [{ id: "q", prompt: "Which?", options: [{ value: "1", label: "one" }] }];
    const [asked] = await resultsOf(bench, [["questionnaire", { questions }]]);
    expect(asked.text).toMatch(/UI not available/);
  },
  "tic-tac-toe.ts": async (bench) => {
    const [seen, moved, played] = await resultsOf(bench, [
      ["tic_tac_toe_see_board", {}],
      ["tic_tac_toe", { action: "move_right" }],
      ["tic_tac_toe", { action: "play" }],
    ]);
    expect(seen.text).toMatch(/cursor: \(row=0, col=0\)/);
    expect(moved.text).toMatch(/Moved right\. Cursor: \(0, 1\)/);
    expect(played).toMatchObject({ isError: true, text: expect.stringContaining("not your turn") });
  },
  "input-transform.ts": async (bench) => {
    const { server, model } = await service(bench.world);
    const run = await bench.run(["--model", model, "-p", "?quick what is it"]);
    expect(run.status, run.stderr).toBe(0);
    expect(server.requests[0]?.body.messages.at(-1)).toMatchObject({ role: "user", content: expect.not.stringContaining("?quick") });
    const answered = await bench.run(["--model", model, "-p", "ping"]);
    expect({ status: answered.status, asked: server.requests.length }).toEqual({ status: 0, asked: 1 });
  },
  "inline-bash.ts": async (bench) => {
    const { server, model } = await service(bench.world);
    await bench.run(["--model", model, "-p", "today !{echo substituted} ends"]);
    expect(wordsOf(server.requests[0])).toContain("today substituted ends");
  },
  "input-transform-streaming.ts": async (bench) => {
    repository(bench.world.cwd, { "kept.txt": "second\n" });
    const { server, model } = await service(bench.world);
    await bench.run(["--model", model, "-p", "explain my changes"]);
    expect(wordsOf(server.requests[0])).toMatch(/Current uncommitted changes:.*kept\.txt \| 2 \+-/);
  },
  "claude-rules.ts": async (bench) => {
    bench.world.write(".claude/rules/deep/style.md", "Be brief.\n");
    const { server, model } = await service(bench.world);
    await bench.run(["--model", model, "-p", "hello"]);
    expect(wordsOf(server.requests[0])).toContain("- .claude/rules/deep/style.md");
  },
  "prompt-customizer.ts": async (bench) => {
    const { server, model } = await service(bench.world);
    await bench.run(["--model", model, "-p", "hello"]);
    expect(wordsOf(server.requests[0])).toMatch(/<tool_guidance>.*Use `read` for file contents.*<\/tool_guidance>/);
  },
  "provider-payload.ts": async (bench) => {
    mkdirSync(join(bench.world.cwd, ".pi"));
    const { model } = await service(bench.world);
    await bench.run(["--model", model, "-p", "hello"]);
    expect(bench.world.read(".pi/provider-payload.log")).toMatch(/"model": "m"[\s\S]*\[200\] \{.*text\/event-stream/);
  },
  "preset.ts": async (bench) => {
    const { world } = bench;
    const { server, model } = await service(world);
    const preset = { thinkingLevel: "off", tools: ["read", "ls"], instructions: "Plan only, in German." };
    writeFileSync(join(world.agentDir, "presets.json"), JSON.stringify({ plan: preset }));
    const run = await bench.run(["--model", model, "--preset", "plan", "-p", "hello"]);
    expect(run.status, run.stderr).toBe(0);
    expect(wordsOf(server.requests[0])).toContain("Plan only, in German.");
    expect(server.requests[0]?.body.tools.map((tool: Json) => tool.function.name).sort()).toEqual(["ls", "read"]);
    expect((await bench.run(["--help"])).stdout).toMatch(/--preset .*Preset configuration/);
  },
  "notify.ts": async (bench) => {
    const run = await bench.run(["--model", "demo", "-p", "hello"]);
    expect(run.stdout).not.toContain("\u001b]777");
    expect(run.stderr).toContain("777;notify;Pi;Ready for input");
  },
  "auto-commit-on-exit.ts": async (bench) => {
    const git = repository(bench.world.cwd, { "kept.txt": "second\n" });
    const model = bench.world.trace(answerSteps("Renamed the thing\nand more"));
    expect((await bench.run(["--model", model, "-p", "hello"])).status).toBe(0);
    expect(git("log", "--format=%s")).toBe("[pi] Renamed the thing\nfirst\n");
    expect(git("status", "--porcelain")).toBe("");
  },
  "git-checkpoint.ts": async (bench) => {
    const { world } = bench;
    repository(world.cwd, { "kept.txt": "second\n" });
    const trace = join(world.home, "git.log");
    const model = world.trace(callSteps("bash", { command: "echo third > kept.txt" }), answerSteps("done"));
    await bench.run(["--model", model, "-p", "hello"], { env: { GIT_TRACE: trace } });
    expect(readFileSync(trace, "utf8").match(/built-in: git stash create/g)).toHaveLength(2);
  },
  "git-merge-and-resolve.ts": async (bench) => {
    const { world } = bench;
    const git = repository(world.cwd);
    const upstream = join(world.home, "upstream");
    git("clone", "-q", ".", upstream);
    const there = (...args: string[]): string => git("-C", upstream, "-c", "user.name=B", "-c", "user.email=b@example.org", ...args);
    writeFileSync(join(upstream, "kept.txt"), "theirs\n");
    there("commit", "-q", "-a", "-m", "theirs");
    writeFileSync(join(world.cwd, "kept.txt"), "ours\n");
    git("commit", "-q", "-a", "-m", "ours");
    git("remote", "add", "up", upstream);
    git("fetch", "-q", "up");
    git("branch", "-q", "--set-upstream-to=up/main");
    const resolve = callSteps("bash", { command: "echo both > kept.txt; git add -A; git commit -q -m merged" });
    const model = world.trace(answerSteps("first"), resolve, answerSteps("resolved"));
    const run = await bench.run(["--mode", "json", "--model", model, "hello"]);
    expect(run.status, run.stderr).toBe(0);
    const asked = recordsOf(run.stdout).filter(({ type, message }) => type === "message_end" && message.role === "user");
    expect(JSON.stringify(asked.at(-1))).toMatch(/Merged up\/main with conflicts:.*kept\.txt:1-5 \(ours 2, theirs 4\)/);
    expect(git("log", "--format=%s", "-1")).toBe("merged\n");
  },
  "ssh.ts": async (bench) => {
    const { world } = bench;
    const remote = join(world.home, "remote");
    mkdirSync(remote);
    writeFileSync(join(remote, "there.txt"), "words from there\n");
    const env = programNamed(world, "ssh", 'echo "$1" >> "$HOME/hosts"; shift; exec sh -c "$1"');
    const model = world.trace(
      callSteps("read", { path: "there.txt" }, "a"),
      callSteps("edit", { path: "there.txt", edits: [{ oldText: "words", newText: "lines" }] }, "b"),
      callSteps("write", { path: "deep/new.txt", content: "new" }, "c"),
      callSteps("bash", { command: "pwd; cat there.txt deep/new.txt" }, "d"),
      answerSteps("done"),
    );
    const args = ["--ssh", `me@far:${remote}`, "--mode", "json", "--model", model, "go"];
    const { stdout, stderr, status } = await bench.run(args, { env });
    expect(status, stderr).toBe(0);
    const texts = recordsOf(stdout).flatMap(({ type, result }) => (type === "tool_execution_end" ? [result.content[0].text] : []));
    expect(texts[0]).toBe("words from there\n");
    expect(texts[3]).toBe(`${remote}\nlines from there\nnew`);
    expect(new Set(readFileSync(join(world.home, "hosts"), "utf8").trim().split("\n"))).toEqual(new Set(["me@far"]));
  },
  subagent: async (bench) => {
    const { world } = bench;
    mkdirSync(join(world.agentDir, "agents"), { recursive: true });
    const head = "---\nname: scout\ndescription: looks\ntools: read, ls\nmodel: local/m\n---\nYou are the scout.\n";
    writeFileSync(join(world.agentDir, "agents/scout.md"), head);
    const { server } = await service(world, { say: [{ text: "found the door" }], stop: "stop" });
    const [told] = await resultsOf(bench, [["subagent", { agent: "scout", task: "find the door" }]]);
    expect(told).toMatchObject({ isError: false, text: "found the door" });
    expect(wordsOf(server.requests[0])).toMatch(/You are the scout\..*Task: find the door/);
    expect(server.requests[0]?.body.tools.map((tool: Json) => tool.function.name).sort()).toEqual(["ls", "read"]);
  },
  "with-deps": async (bench) => {
    expect(await resultsOf(bench, [["parse_duration", { duration: "1h" }]])).toMatchObject([{ text: "1h = 3600000 milliseconds" }]);
  },
  "reload-runtime.ts": async (bench) => {
    const { world } = bench;
    world.write("../home/.pi/agent/extensions/other.ts", "export default (pi) => { console.error('made other'); };\n");
    // The call ends the run; what follows is the command.
    const model = world.trace(callSteps("reload_runtime", {}));
    const { stderr, status } = await bench.run(["--model", model, "-p", "go"]);
    expect({ status, made: stderr.match(/made other/g)?.length }, stderr).toEqual({ status: 0, made: 2 });
  },
  "shutdown-command.ts": async (bench) => {
    const [finished] = await resultsOf(bench, [["finish_and_exit", {}]]);
    expect(finished.text).toMatch(/Shutdown requested/);
  },
  "project-trust.ts": async (bench) => {
    // Nobody can be asked: it leaves the decision to what comes after it.
    bench.world.write(".pi/extensions/own.ts", "export default () => console.error('own was loaded');\n");
    const run = await bench.run(["--model", "demo", "-p", "hello"]);
    expect({ status: run.status, loaded: run.stderr.includes("own was loaded") }).toEqual({ status: 0, loaded: false });
    expect(run.stderr).toMatch(/not trusted|--approve/);
  },
  "mac-system-theme.ts": async (bench) => {
    const env = programNamed(bench.world, "osascript", 'echo asked >> "$HOME/asked"; echo true');
    const run = await bench.run(["--model", "demo", "-p", "hello"], { env });
    // Its timer, too, ends with the run.
    expect({ status: run.status, asked: readFileSync(join(bench.world.home, "asked"), "utf8") }).toEqual({ status: 0, asked: "asked\n" });
  },
  "github-issue-autocomplete.ts": async (bench) => {
    const { world } = bench;
    const env = programNamed(world, "gh", 'echo "$@" > "$HOME/gh"; echo "[]"');
    repository(world.cwd)("remote", "add", "origin", "git@github.com:own/repo.git");
    expect((await bench.run(["--model", "demo", "-p", "hello"], { env })).status).toBe(0);
    expect(readFileSync(join(world.home, "gh"), "utf8")).toMatch(/^issue list --repo own\/repo --state open/);
  },
};
