// What each shipped example does in a conversation over RPC, where somebody answers what it asks: a record an example.
// Used by the tests of shipped extensions. Invariant: each looks at what the example alone could have done.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { strictAnthropic } from "../strict/anthropic.ts";
import { strictGoogle } from "../strict/google.ts";
import { strictResponses } from "../strict/openai-responses.ts";
import { answerSteps, callSteps, type Json, type World } from "../world.ts";
import { type Bench, exampleIn } from "./examples.ts";
import { Talk } from "./talk.ts";
import { repository, service, wordsOf } from "./work.ts";

type Task = (bench: Bench) => Promise<void>;

function talkWith(bench: Bench, args: readonly string[] = ["--model", "demo"], env: Record<string, string> = {}): Talk {
  return new Talk(bench.start(["--mode", "rpc", ...args], { stdin: "silent", env }));
}

/** Nothing went wrong, and the conversation ends in order. */
async function ended(talk: Talk): Promise<void> {
  const { status, stderr } = await talk.end();
  expect(status, stderr).toBe(0);
  expect(talk.records.filter(({ type }) => type === "extension_error")).toEqual([]);
}

const choose =
  (...fitting: [method: string, answer: object][]) =>
  ({ method }: Json): object | undefined =>
    fitting.find(([name]) => name === method)?.[1];

/** An extension that sends what goes to fixed addresses to the services of the test. */
function redirecting(world: World, addresses: Record<string, string>): string {
  return world.write(
    "../home/redirect.ts",
    `const addresses = ${JSON.stringify(Object.entries(addresses))};
     const real = globalThis.fetch;
     const moved = (url) => addresses.reduce((at, [from, to]) => (at.startsWith(from) ? to + at.slice(from.length) : at), url);
     globalThis.fetch = Object.assign(
       (input, init) => (input instanceof Request ? real(new Request(moved(input.url), input), init) : real(moved(String(input)), init)),
       real,
     );
     export default () => {};\n`,
  );
}

export const conversing: Record<string, Task> = {
  "session-name.ts": async (bench) => {
    const talk = talkWith(bench);
    await talk.command("/session-name Renamed");
    await talk.shown(/Session named: Renamed/);
    expect((await talk.ask("get_state")).data.sessionName).toBe("Renamed");
    await ended(talk);
  },
  "send-user-message.ts": async (bench) => {
    const talk = talkWith(bench, ["--model", bench.world.trace(answerSteps("one"), answerSteps("two"))]);
    const settled = talk.next(({ type }) => type === "agent_settled");
    await talk.command("/ask hello there");
    await settled;
    const again = talk.next(({ type }) => type === "agent_settled");
    await talk.command("/askwith both blocks");
    await again;
    const said = JSON.stringify(await talk.entries());
    expect(said).toContain("hello there");
    expect(said).toMatch(/User request: both blocks.*Please respond concisely/);
    await ended(talk);
  },
  "bookmark.ts": async (bench) => {
    const talk = talkWith(bench);
    await talk.prompt("hello");
    await talk.command("/bookmark kept");
    await talk.shown(/Bookmarked as: kept/);
    expect((await talk.entries()).filter(({ type, label }) => type === "label" && label === "kept")).toHaveLength(1);
    await talk.command("/unbookmark");
    expect((await talk.entries()).filter(({ type }) => type === "label")).toHaveLength(2);
    await ended(talk);
  },
  "pirate.ts": async (bench) => {
    const { server, model } = await service(bench.world);
    const talk = talkWith(bench, ["--model", model]);
    await talk.command("/pirate");
    await talk.shown(/Pirate mode enabled/);
    await talk.prompt("hello");
    expect(wordsOf(server.requests[0])).toMatch(/PIRATE MODE|pirate/i);
    await ended(talk);
  },
  "event-bus.ts": async (bench) => {
    const talk = talkWith(bench);
    await talk.shown(/Event from event-bus-example: Session started/);
    await talk.command("/emit over the bus");
    await talk.shown(/Event from \/emit command: over the bus/);
    await ended(talk);
  },
  "status-line.ts": async (bench) => {
    const talk = talkWith(bench);
    await talk.prompt("hello");
    await talk.shown(/Turn 1/, "setStatus");
    await ended(talk);
  },
  "dynamic-tools.ts": async (bench) => {
    const talk = talkWith(bench, ["--model", bench.world.trace(callSteps("echo_more", { message: "again" }), answerSteps("done"))]);
    await talk.command("/add-echo-tool echo_more");
    await talk.shown(/Registered dynamic tool: echo_more/);
    await talk.prompt("go");
    const { isError, result } = await talk.until(({ type }) => type === "tool_execution_end");
    expect({ isError, text: result.content[0].text }).toEqual({ isError: false, text: expect.stringContaining("again") });
    await ended(talk);
  },
  "commands.ts": async (bench) => {
    const talk = talkWith(bench);
    talk.answer = choose(["select", { value: "/commands - List available slash commands" }], ["confirm", { confirmed: true }]);
    await talk.command("/commands extension");
    await talk.shown(/commands\.ts$/);
    expect(talk.records.find(({ method }) => method === "select").options).toContain("--- Extensions ---");
    await ended(talk);
  },
  "confirm-destructive.ts": async (bench) => {
    const talk = talkWith(bench);
    await talk.prompt("hello");
    talk.answer = choose(["confirm", { confirmed: false }], ["select", { value: "No, stay in current session" }]);
    expect((await talk.ask("new_session")).data).toEqual({ cancelled: true });
    await talk.shown(/Clear cancelled/);
    const entry = (await talk.entries()).find(({ message }) => message?.role === "user");
    expect((await talk.ask("fork", { entryId: entry.id })).data).toMatchObject({ cancelled: true });
    talk.answer = choose(["confirm", { confirmed: true }]);
    expect((await talk.ask("new_session")).data).toEqual({ cancelled: false });
    await ended(talk);
  },
  "dirty-repo-guard.ts": async (bench) => {
    const git = repository(bench.world.cwd, { "kept.txt": "second\n" });
    const talk = talkWith(bench);
    talk.answer = choose(["select", { value: "No, let me commit first" }]);
    expect((await talk.ask("new_session")).data).toEqual({ cancelled: true });
    await talk.shown(/Commit your changes first/);
    git("commit", "-q", "-a", "-m", "second");
    expect((await talk.ask("new_session")).data).toEqual({ cancelled: false });
    await ended(talk);
  },
  "custom-compaction.ts": async (bench) => {
    const { world } = bench;
    const google = await world.strict(strictGoogle, [{ say: [{ text: "SUMMARY OF IT ALL" }], stop: "stop" }]);
    world.config(`[compaction]\nkeep_recent_tokens = 1\n[providers.google]\nbase_url = "${google.baseUrl}"\napi_key = "k"\n`);
    const talk = talkWith(bench, ["--model", world.trace(answerSteps("one"), answerSteps("two"))]);
    await talk.prompt("first words");
    await talk.prompt("second words");
    expect((await talk.ask("compact")).data.summary).toBe("SUMMARY OF IT ALL");
    await talk.shown(/summarizing \d+ messages .* with gemini-2\.5-flash/);
    expect(wordsOf(google.requests[0])).toContain("first words");
    expect((await talk.entries()).find(({ type }) => type === "compaction")).toMatchObject({ fromHook: true });
    await ended(talk);
  },
  "trigger-compact.ts": async (bench) => {
    const { world } = bench;
    world.config("[compaction]\nkeep_recent_tokens = 1\n");
    const talk = talkWith(bench, [
      "--model",
      world.trace(answerSteps("one"), answerSteps("two"), ...Array(2).fill(answerSteps("in short"))),
    ]);
    await talk.prompt("first");
    await talk.prompt("second");
    await talk.command("/trigger-compact be brief");
    await talk.shown(/Compaction completed/);
    expect((await talk.entries()).filter(({ type }) => type === "compaction")).toHaveLength(1);
    await ended(talk);
  },
  "debug-provider.ts": async (bench) => {
    const { model } = await service(bench.world);
    const talk = talkWith(bench, ["--model", model]);
    await talk.command("/debug-provider on");
    await talk.shown(/provider debug/, "setStatus");
    await talk.prompt("hello");
    const kept = (await talk.entries()).find(({ customType }) => customType === "debug-provider-events");
    expect(kept.data).toMatchObject({ provider: "local", model: "m", api: "openai-completions" });
    expect(JSON.stringify(kept.data.events)).toContain('"finish_reason":"stop"');
    await ended(talk);
  },
  "file-trigger.ts": async (bench) => {
    const { world } = bench;
    // The file that it watches is one for the whole machine: it watches one of this world.
    const watched = world.write("trigger.txt", "");
    const source = readFileSync(exampleIn(world, "file-trigger.ts"), "utf8");
    expect(source).toContain('"/tmp/agent-trigger.txt"');
    const copy = world.write("../home/trigger.ts", source.replace('"/tmp/agent-trigger.txt"', JSON.stringify(watched)));
    const program = world.start(["--mode", "rpc", "-e", copy, "--model", "demo"], { stdin: "silent", way: bench.way });
    const talk = new Talk(program);
    await talk.shown(/Watching .*trigger\.txt/);
    const settled = talk.next(({ type }) => type === "agent_settled");
    const begun = talk.next(({ type }) => type === "agent_start");
    // A runtime may begin to watch a moment after it has said so: what was written until then is nothing new to it.
    const writing = setInterval(() => writeFileSync(watched, "look at this\n"), 500);
    await begun.finally(() => clearInterval(writing));
    await settled;
    const entry = (await talk.entries()).find(({ customType }) => customType === "file-trigger");
    expect(entry.content).toBe("External trigger: look at this");
    // Its watcher does not keep the program.
    await ended(talk);
  },
  "hidden-thinking-label.ts": async (bench) => {
    const talk = talkWith(bench);
    await talk.command("/thinking-label Musing");
    await talk.shown(/label set to: Musing/);
    await ended(talk);
  },
  "interactive-shell.ts": async (bench) => {
    const talk = talkWith(bench);
    expect((await talk.ask("bash", { command: "vim a.txt" })).data).toMatchObject({
      output: "(interactive commands require TUI)",
      exitCode: 1,
    });
    expect((await talk.ask("bash", { command: "echo plain" })).data).toMatchObject({ output: "plain\n", exitCode: 0 });
    await ended(talk);
  },
  "ssh.ts": async (bench) => {
    const { world } = bench;
    const bin = join(world.home, "own-bin");
    mkdirSync(bin);
    writeFileSync(join(bin, "ssh"), '#!/bin/sh\nshift; exec sh -c "$1"\n', { mode: 0o755 });
    const talk = talkWith(bench, ["--ssh", `far:${world.home}`, "--model", "demo"], { PATH: `${bin}:/usr/bin:/bin` });
    await talk.shown(/SSH: far:/, "setStatus");
    expect((await talk.ask("bash", { command: "pwd" })).data).toMatchObject({ output: `${world.home}\n`, exitCode: 0 });
    await ended(talk);
  },
  "message-renderer.ts": async (bench) => {
    const talk = talkWith(bench);
    await talk.command("/status warn disk is full");
    const entry = (await talk.entries()).find(({ customType }) => customType === "status-update");
    expect(entry).toMatchObject({ content: "disk is full", details: { level: "warn" } });
    await ended(talk);
  },
  "entry-renderer.ts": async (bench) => {
    const talk = talkWith(bench);
    await talk.command("/status-card all well");
    expect((await talk.entries()).find(({ customType }) => customType === "status-card").data.message).toBe("all well");
    await ended(talk);
  },
  "model-status.ts": async (bench) => {
    const { model } = await service(bench.world);
    const talk = talkWith(bench);
    await talk.ask("set_model", { provider: "local", modelId: "m" });
    await talk.shown(new RegExp(`Model: ${model}`));
    await talk.shown(/🤖 m/, "setStatus");
    await ended(talk);
  },
  "plan-mode": async (bench) => {
    const { world } = bench;
    const model = world.trace(
      callSteps("bash", { command: "rm -rf build" }, "a"),
      answerSteps("Plan:\n1. Look at the door\n2. Open the door wide\n"),
      answerSteps("Seen the list."),
      answerSteps("Looked. [DONE:1] Opened. [DONE:2]"),
    );
    const talk = talkWith(bench, ["--plan", "--model", model]);
    await talk.shown(/plan/, "setStatus");
    talk.answer = choose(["select", { value: "Execute the plan (track progress)" }]);
    await talk.prompt("plan it");
    const refused = await talk.until(({ type }) => type === "tool_execution_end");
    expect(refused).toMatchObject({
      isError: true,
      result: { content: [{ text: expect.stringContaining("Plan mode: command blocked") }] },
    });
    await talk.shown(/Look at the door/i, "setWidget");
    await talk.shown(/📋 2\/2/, "setStatus");
    const said = JSON.stringify(await talk.entries());
    expect(said).toMatch(/PLAN MODE ACTIVE.*plan-todo-list.*Execute the plan\..*DONE:2/s);
    await ended(talk);
  },
  "rpc-demo.ts": async (bench) => {
    const model = bench.world.trace(
      callSteps("bash", { command: "rm -rf nothing-here" }, "a"),
      callSteps("bash", { command: "rm -rf nothing-here; echo ran" }, "b"),
      answerSteps("done"),
    );
    const talk = talkWith(bench, ["--model", model]);
    await talk.shown(/pi RPC Demo/, "setTitle");
    await talk.shown(/Loaded and ready/, "setWidget");
    const choices = ["Block", "Allow"];
    talk.answer = ({ method }) => (method === "select" ? { value: choices.shift() } : { value: "typed words" });
    await talk.prompt("go");
    const calls = talk.records.filter(({ type }) => type === "tool_execution_end");
    expect(calls.map(({ isError, result }) => [isError, result.content[0].text])).toEqual([
      [true, "Blocked by user"],
      [false, "ran\n"],
    ]);
    await talk.command("/rpc-input");
    await talk.shown(/You entered: typed words/);
    await talk.command("/rpc-editor");
    await talk.shown(/Editor submitted \(1 lines\)/);
    await talk.command("/rpc-prefill");
    await talk.shown(/set by the rpc-demo extension/, "set_editor_text");
    await ended(talk);
  },
  "reload-runtime.ts": async (bench) => {
    const talk = talkWith(bench);
    bench.world.write(
      "../home/.pi/agent/extensions/late.ts",
      "export default (pi) => pi.registerCommand('late', { handler: async () => {} });\n",
    );
    await talk.command("/reload-runtime");
    expect((await talk.ask("get_commands")).data.commands.map(({ name }: Json) => name)).toContain("late");
    await ended(talk);
  },
  "shutdown-command.ts": async (bench) => {
    const program = bench.start(["--mode", "rpc", "--model", "demo"], { stdin: "silent" });
    const talk = new Talk(program);
    await talk.command("/quit");
    expect((await program.result).status).toBe(0);
  },
  "summarize.ts": async (bench) => {
    const { world } = bench;
    const server = await world.strict(strictResponses, [{ say: [{ text: "in short" }], stop: "stop" }]);
    world.config(`[providers.openai]\nbase_url = "${server.baseUrl}"\napi_key = "k"\n`);
    const talk = talkWith(bench, ["--model", world.trace(answerSteps("the answer"))]);
    await talk.prompt("the question");
    await talk.command("/summarize");
    await server.received(1);
    expect(server.requests[0]?.body).toMatchObject({ model: "gpt-5.2", reasoning: { effort: "high" } });
    expect(wordsOf(server.requests[0])).toMatch(/User: the question.*Assistant: the answer/);
    await ended(talk);
  },
  "system-prompt-header.ts": async (bench) => {
    const talk = talkWith(bench);
    await talk.prompt("hello");
    await talk.shown(/System: \d{3,} chars/, "setStatus");
    await ended(talk);
  },
  "timed-confirm.ts": async (bench) => {
    const talk = talkWith(bench);
    talk.answer = choose(["confirm", { confirmed: true }], ["select", { value: "Option B" }]);
    await talk.command("/timed");
    await talk.shown(/Confirmed by user!/);
    await talk.command("/timed-select");
    await talk.shown(/Selected: Option B/);
    expect(talk.records.find(({ method }) => method === "select")).toMatchObject({ timeout: 10_000 });
    talk.answer = choose(["confirm", { confirmed: false }]);
    await talk.command("/timed-signal");
    await talk.shown(/Cancelled by user/);
    await ended(talk);
  },
  "titlebar-spinner.ts": async (bench) => {
    const talk = talkWith(bench);
    await talk.ask("set_session_name", { name: "named" });
    await talk.prompt("hello");
    await talk.shown(/^π - named - project/, "setTitle");
    await ended(talk);
  },
  "widget-placement.ts": async (bench) => {
    const talk = talkWith(bench);
    await talk.shown(/Above editor widget/, "setWidget");
    expect(await talk.shown(/Below editor widget/, "setWidget")).toMatchObject({ widgetPlacement: "belowEditor" });
    await ended(talk);
  },
  "working-indicator.ts": async (bench) => {
    const talk = talkWith(bench);
    await talk.command("/working-indicator pulse");
    await talk.shown(/Working indicator set to: custom pulse/);
    await talk.shown(/Indicator: custom pulse/, "setStatus");
    await ended(talk);
  },
  "dynamic-resources": async (bench) => {
    const talk = talkWith(bench);
    const { commands } = (await talk.ask("get_commands")).data;
    expect(commands.map(({ name }: Json) => name)).toEqual(expect.arrayContaining(["skill:dynamic-resources", "dynamic"]));
    await talk.prompt("/dynamic");
    expect(JSON.stringify(await talk.entries())).toContain("Summarize the current repository structure");
    await ended(talk);
  },
  "custom-provider-anthropic": async (bench) => {
    const { world } = bench;
    const call = { say: [{ thinking: "let me" }, { call: "bash", arguments: { command: "echo called" } }], stop: "toolUse" as const };
    const server = await world.strict(strictAnthropic, [call, { say: [{ text: "custom answer" }], stop: "stop" }]);
    const redirect = redirecting(world, { "https://api.anthropic.com": server.url });
    const env = { CUSTOM_ANTHROPIC_API_KEY: "sk-own" };
    const talk = talkWith(bench, ["-e", redirect, "--model", "custom-anthropic/claude-sonnet-4-5"], env);
    await talk.prompt("hello");
    expect(server.complaints).toEqual([]);
    // Which of the two headers is the vendor's own choice, by the version of its package.
    const keys = server.requests.map(({ headers }) => headers["x-api-key"] ?? headers.authorization);
    expect(keys).toEqual([expect.stringContaining("sk-own"), expect.stringContaining("sk-own")]);
    expect(JSON.stringify(await talk.entries())).toMatch(/called\\n.*custom answer/s);
    await ended(talk);
  },
  "custom-provider-gitlab-duo": async (bench) => {
    const { world } = bench;
    const anthropic = await world.strict(strictAnthropic, [{ say: [{ text: "by way of the gateway" }], stop: "stop" }]);
    const access = await world.wire({
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ token: "direct-token", headers: { "x-gitlab-host": "gitlab.example" } }),
    });
    const gateway = "https://cloud.gitlab.com/ai/v1/proxy/anthropic";
    const redirect = redirecting(world, { "https://gitlab.com": access.url, [gateway]: anthropic.url });
    // On Node our own calls do not go by the global fetch that is redirected: they end at a proxy that is not there.
    const env: Record<string, string> = { GITLAB_TOKEN: "glpat", ...(bench.way === "node" && { HTTPS_PROXY: "http://127.0.0.1:1" }) };
    world.config("[retry]\nenabled = false\n");
    const talk = talkWith(bench, ["-e", redirect, "--model", "gitlab-duo/claude-sonnet-4-5-20250929"], env);
    await talk.prompt("hello");
    expect(access.requests[0]).toMatchObject({ method: "POST", headers: { authorization: "Bearer glpat" } });
    if (bench.way === "node") {
      expect(JSON.stringify(await talk.entries())).toMatch(/ECONNREFUSED|127\.0\.0\.1:1/);
    } else {
      expect(anthropic.requests[0]?.headers).toMatchObject({ authorization: "Bearer direct-token", "x-gitlab-host": "gitlab.example" });
      expect(JSON.stringify(await talk.entries())).toContain("by way of the gateway");
    }
    await ended(talk);
  },
  "handoff.ts": async (bench) => {
    const talk = talkWith(bench);
    await talk.command("/handoff go on");
    await talk.shown(/handoff requires interactive mode/);
    await ended(talk);
  },
  "qna.ts": async (bench) => {
    const talk = talkWith(bench);
    await talk.command("/qna");
    await talk.shown(/qna requires interactive mode/);
    await ended(talk);
  },
  "tools.ts": async (bench) => {
    const talk = talkWith(bench);
    await talk.command("/tools");
    await talk.shown(/requires TUI mode/);
    await ended(talk);
  },
};
