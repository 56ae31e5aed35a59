// The user stops a run, in the middle of an answer or of a tool: nothing is left running, what there was is kept and marked, and -c goes on.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { ways } from "../support/program.ts";
import { services } from "../support/served.ts";
import { messagesOf, soundSession } from "../support/sound-session.ts";
import { answerSteps, callSteps, event, type Json, test, type World } from "../support/world.ts";

/** Children of every kind: in the background, in a subshell, in a session of their own, ignoring a polite signal. */
const family = [
  "echo started",
  "sleep 1000 &",
  "(sleep 1001; touch survived) &",
  "setsid sleep 1002 &",
  "nohup sleep 1003 >/dev/null 2>&1 &",
  "(trap '' TERM INT HUP; sleep 1004; sleep 1005) &",
  "echo all''there",
  "sleep 1006",
].join("\n");

/** Stands behind the results of tools that were aborted: the answer that was to come. */
const endOfRun = { role: "assistant", content: [], stopReason: "aborted", errorMessage: "Request was aborted" };

async function goesOn(world: World): Promise<void> {
  expect(await world.run(["-c", "--model", "demo", "-p", "hello"])).toMatchObject({
    status: 0,
    stderr: "",
    stdout: expect.stringMatching(/^Hello/),
  });
  expect(world.sessionFiles()).toHaveLength(1);
  soundSession(world.sessionFiles()[0] ?? "");
}

const messages = (world: World): Json[] => messagesOf(soundSession(world.sessionFiles()[0] ?? ""));

describe.concurrent("in the middle of an answer", () => {
  test.for(services)("of $format.api: kept, marked, the connection closed", async (service, { world }) => {
    const server = await world.strict(service.format, [
      { say: [{ text: "Half an answer. ".repeat(30) }], deltaLength: 4, keepOpen: true, cutAfterBytes: 1500 },
      { say: [{ text: "Fine" }] },
    ]);
    world.config(service.toml(server.baseUrl));
    const env = service.env(server.baseUrl);
    const program = world.start(["--model", service.model, "--mode", "json", "-p", "hi"], { env });
    await program.said('"delta":"Half"');
    program.signal("SIGINT");
    expect(await program.result).toMatchObject({ status: 130, survivors: [] });
    await server.hungUp(0);
    expect(messages(world).at(-1)).toMatchObject({
      stopReason: "aborted",
      content: [{ type: "text", text: expect.stringMatching(/^Half/) }],
    });
    expect(await world.run(["-c", "-p", "go on"], { env })).toMatchObject({ status: 0, stdout: "Fine\n", stderr: "" });
    expect(server.complaints).toEqual([]);
    expect(server.requests[1]?.rawBody).not.toContain("Half");
  });

  test("while a service says nothing", async ({ world }) => {
    const server = await world.wire({ hang: true });
    const program = world.start(["--model", "anthropic/claude-sonnet-4-5", "-p", "hi"], {
      env: { ANTHROPIC_BASE_URL: server.url, ANTHROPIC_API_KEY: "k" },
    });
    await server.received(1);
    program.signal("SIGTERM");
    expect(await program.result).toMatchObject({ status: 143, stdout: "", survivors: [] });
    expect(messages(world).at(-1)).toMatchObject({ stopReason: "aborted", content: [] });
    await goesOn(world);
  });

  test("by kill -9 before it says anything: the session is interrupted, not damaged, until -c has gone on", async ({ world }) => {
    const server = await world.wire({ hang: true });
    const program = world.start(["--model", "anthropic/claude-sonnet-4-5", "-p", "hi"], {
      env: { ANTHROPIC_BASE_URL: server.url, ANTHROPIC_API_KEY: "k" },
    });
    await server.received(1);
    expect(await world.run(["sessions", "check"])).toMatchObject({ status: 0, stdout: "" });
    program.signal("SIGKILL");
    await program.result;
    const check = await world.run(["sessions", "check"]);
    expect(check).toMatchObject({ status: 0, stdout: expect.stringMatching(/^\S+:\d+: interrupted: the last prompt has no answer\n$/) });
    await goesOn(world);
    expect(await world.run(["sessions", "check"])).toMatchObject({ status: 0, stdout: "" });
  });

  test("while it waits to try again", async ({ world }) => {
    const server = await world.wire({ status: 529, body: "{}" });
    world.config("[retry]\nbase_delay_ms = 60000\n");
    const env = { ANTHROPIC_BASE_URL: server.url, ANTHROPIC_API_KEY: "k" };
    const program = world.start(["--model", "anthropic/claude-sonnet-4-5", "--mode", "json", "-p", "hi"], { env });
    await program.said("auto_retry_start");
    program.signal("SIGINT");
    const { status, stdout } = await program.result;
    expect(status).toBe(130);
    expect(stdout).toContain('"auto_retry_end","success":false,"attempt":1,"finalError":"Retry cancelled"');
    expect(stdout.trimEnd().split("\n").at(-1)).toContain('"agent_settled","aborted":true');
    await goesOn(world);
  });
});

describe.concurrent("in the middle of a tool", () => {
  test.for(ways)("with children of every kind, run as %s", async (way, { world }) => {
    const program = world.start(["--model", world.trace(callSteps("bash", { command: family })), "--mode", "json", "-p", "hi"], { way });
    await program.said("allthere");
    expect(program.family().length).toBeGreaterThan(5);
    program.signal("SIGINT");
    const { status, survivors, stdout } = await program.result;
    expect({ status, survivors }).toEqual({ status: 130, survivors: [] });
    expect(messages(world).slice(-2)).toMatchObject([
      {
        role: "toolResult",
        isError: true,
        details: {},
        content: [{ text: expect.stringMatching(/^started\nallthere\n.*Command aborted/s) }],
      },
      endOfRun,
    ]);
    const records: Json[] = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(records.slice(-7).map(({ type }) => type)).toEqual([
      ...["turn_end", "turn_start", "message_start", "message_end", "turn_end", "agent_end", "agent_settled"],
    ]);
    for (const at of [-5, -4, -3]) expect(records.at(at).message).toMatchObject(endOfRun);
    expect(records.at(-2).messages.at(-1)).toMatchObject(endOfRun);
    expect(existsSync(join(world.cwd, "survived"))).toBe(false);
    await goesOn(world);
  });

  test.for([
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const)("by %s", async ([signal, status], { world }) => {
    const program = world.start(["--model", world.trace(callSteps("bash", { command: family })), "--mode", "json", "-p", "hi"]);
    await program.said("allthere");
    program.signal(signal);
    expect(await program.result).toMatchObject({ status, signal: null, survivors: [] });
    expect(messages(world).slice(-2)).toMatchObject([{ role: "toolResult", isError: true }, endOfRun]);
    await goesOn(world);
  });

  test.for(ways)("by kill -9, run as %s", async (way, { world }) => {
    const program = world.start(["--model", world.trace(callSteps("bash", { command: family })), "--mode", "json", "-p", "hi"], { way });
    await program.said("allthere");
    program.signal("SIGKILL");
    expect((await program.result).survivors).toEqual([]);
    expect(messages(world).at(-1)).toMatchObject({ role: "assistant", stopReason: "toolUse" });
    await goesOn(world);
  });

  test("the finished one of two keeps its result", async ({ world }) => {
    const [start, delta, end, finish] = callSteps("bash", { command: "echo started; sleep 1000" }, "call_2") as Json[];
    const second = [start, delta, end].map((step) => event({ ...step.event, contentIndex: 1 }));
    const first = callSteps("bash", { command: "echo quick" }, "call_1").slice(0, -1);
    const program = world.start(["--model", world.trace([...first, ...second, finish]), "--mode", "json", "-p", "hi"]);
    await program.said('"text":"started');
    await program.said('"tool_execution_end","toolCallId":"call_1"');
    program.signal("SIGINT");
    expect((await program.result).survivors).toEqual([]);
    expect(messages(world).slice(-3)).toMatchObject([
      { toolCallId: "call_1", isError: false, content: [{ text: "quick\n" }] },
      { toolCallId: "call_2", isError: true },
      endOfRun,
    ]);
    await goesOn(world);
  });

  test("an orderly end leaves nothing of the tool behind either", async ({ world }) => {
    const command = "(sleep 1000 & setsid sleep 1001 &) ; echo done";
    const { status, survivors, durationMs } = await world.run([
      "--model",
      world.trace(callSteps("bash", { command }), answerSteps("Done.")),
      "-p",
      "hi",
    ]);
    expect({ status, survivors }).toEqual({ status: 0, survivors: [] });
    // They would go on for a quarter of an hour.
    expect(durationMs).toBeLessThan(50_000);
  });
});
