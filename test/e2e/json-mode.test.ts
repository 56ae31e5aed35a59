// `--mode json`: the records on stdout, to the byte, and what a reader may do to the run.

import { existsSync, readFileSync } from "node:fs";
import { describe, expect } from "vitest";
import { ways } from "../support/program.ts";
import { soundSession } from "../support/sound-session.ts";
import { answerSteps, callSteps, event, type Json, recordsOf, test, textSteps, type World } from "../support/world.ts";

const sessionText = (world: World): string => readFileSync(world.sessionFiles()[0] ?? "", "utf8");

/** Event types in order, runs of updates as one. */
function outline(events: readonly Json[]): string[] {
  const names = events.map(({ type, message }) => (type === "message_start" || type === "message_end" ? `${type} ${message.role}` : type));
  return names.filter((name, index) => !name.endsWith("_update") || names[index - 1] !== name);
}

describe.concurrent("the records", () => {
  test.for(ways)("of a plain run: header first, then the events in order, run as %s", async (way, { world }) => {
    const { stdout, stderr, status } = await world.run(["--model", "demo", "--mode", "json", "-p", "hello"], { way });
    expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
    const [header, ...events] = recordsOf(stdout);
    expect(`${JSON.stringify(header)}\n`).toBe(`${sessionText(world).split("\n")[0]}\n`);
    expect(outline(events)).toEqual([
      ...["agent_start", "turn_start"],
      ...["message_start system", "message_end system", "message_start user", "message_end user"],
      ...["message_start assistant", "message_update", "message_end assistant"],
      ...["turn_end", "agent_end", "agent_settled"],
    ]);
    expect(events.map((one) => one.seq)).toEqual(events.map((_, index) => index + 1));
    expect(header.seq).toBeUndefined();
    expect(events.at(-1)).toEqual({ type: "agent_settled", aborted: false, outcome: "done", seq: events.length });
  });

  test("of a run with tools", async ({ world }) => {
    const model = world.trace(callSteps("bash", { command: "echo hi; exit 3" }), answerSteps("It failed."));
    const { stdout } = await world.run(["--model", model, "--mode", "json", "-p", "go"]);
    const [, ...events] = recordsOf(stdout);
    expect(outline(events)).toEqual([
      ...["agent_start", "turn_start"],
      ...["message_start system", "message_end system", "message_start user", "message_end user"],
      ...["message_start assistant", "message_update", "message_end assistant"],
      ...["tool_execution_start", "tool_execution_update", "tool_execution_end", "message_start toolResult", "message_end toolResult"],
      ...["turn_end", "turn_start"],
      ...["message_start assistant", "message_update", "message_end assistant"],
      ...["turn_end", "agent_end", "agent_settled"],
    ]);
    const of = (type: string): Json[] => events.filter((one) => one.type === type);
    expect(of("tool_execution_start")[0]).toMatchObject({ toolCallId: "call_1", toolName: "bash", args: { command: "echo hi; exit 3" } });
    expect(of("tool_execution_update")[0].partialResult).toEqual({ content: [] });
    expect(of("tool_execution_end")[0]).toMatchObject({
      isError: true,
      result: { content: [{ type: "text", text: "hi\n\n\nCommand exited with code 3" }], details: {} },
    });
    expect(of("turn_end")[0].toolResults).toEqual([of("message_end").find((one) => one.message.role === "toolResult").message]);
    expect(of("agent_end")[0].messages.map((one: Json) => one.role)).toEqual(["system", "user", "assistant", "toolResult", "assistant"]);
    expect(of("message_start").find((one) => one.message.role === "assistant").message).toMatchObject({
      content: [],
      stopReason: "pending",
    });
    for (const update of of("message_update"))
      expect(Object.keys(update).sort()).toEqual(["assistantMessageEvent", "seq", "type", "usage"]);
    for (const update of of("message_update")) expect(Object.keys(update.assistantMessageEvent)).not.toContain("partial");
  });

  test("of several messages: one run each", async ({ world }) => {
    const { stdout, status } = await world.run(["--model", "demo", "--mode", "json", "-p", "hello", "hello again"]);
    expect(status).toBe(0);
    const [, ...events] = recordsOf(stdout);
    expect(outline(events).filter((name) => name === "agent_settled")).toHaveLength(2);
    expect(events.map((one) => one.seq)).toEqual(events.map((_, index) => index + 1));
  });

  test.for(ways)("hold what was said, to the byte, run as %s", async (way, { world }) => {
    const text = 'line\u2028separator\u2029and "quotes" \\ \u0000\u001b[0m 😀 half \ud83d end\r\n';
    const pieces = [...text.matchAll(/./gs)].map(([unit]) => event({ type: "text_delta", contentIndex: 0, delta: unit }));
    const steps = [
      event({ type: "text_start", contentIndex: 0 }),
      ...pieces,
      event({ type: "text_end", contentIndex: 0 }),
      event({ type: "finish", stopReason: "stop" }),
    ];
    const { stdout, status } = await world.run(["--model", world.trace(steps), "--mode", "json", "-p", "\u2028 hi \u2029"], { way });
    expect(status).toBe(0);
    const lines = stdout.split("\n").slice(0, -1);
    const events: Json[] = lines.map((line) => JSON.parse(line));
    const deltas = events.flatMap((one) => (one.assistantMessageEvent?.type === "text_delta" ? [one.assistantMessageEvent.delta] : []));
    expect(deltas.join("")).toBe(text);
    const ends = lines.filter((line) => line.startsWith('{"type":"message_end"'));
    const sent = ends.map((line) => /^\{"type":"message_end","message":(.*),"seq":\d+\}$/s.exec(line)?.[1]);
    const kept = sessionText(world)
      .split("\n")
      .map((line) => /^\{"type":"message",.*?"message":(.*)\}$/s.exec(line)?.[1]);
    expect(sent).toEqual(kept.filter((message) => message !== undefined));
    expect(JSON.parse(sent.at(-1) ?? "").content).toEqual([{ type: "text", text }]);
  });

  test("of a failed answer: exit status 1, the failure in the events and on stderr", async ({ world }) => {
    world.config("[retry]\nmax_retries = 1\nbase_delay_ms = 1\n");
    const failure = event({ type: "failure", failure: { code: "overloaded", message: "529 busy" } });
    const { stdout, stderr, status } = await world.run(["--model", world.trace([failure], [failure]), "--mode", "json", "-p", "hi"]);
    expect({ stderr, status }).toEqual({
      stderr: expect.stringMatching(/^scripted failed, .* \(529\): busy; tried 2 times \(.*\)\n$/),
      status: 1,
    });
    const [, ...events] = recordsOf(stdout);
    expect(outline(events).slice(6)).toEqual([
      ...["message_start assistant", "message_end assistant", "turn_end", "agent_end", "auto_retry_start"],
      ...[
        "agent_start",
        "turn_start",
        "message_start assistant",
        "message_end assistant",
        "turn_end",
        "agent_end",
        "auto_retry_end",
        "agent_settled",
      ],
    ]);
    expect(events.filter((one) => one.type === "agent_end").map((one) => one.willRetry)).toEqual([true, false]);
    expect(events.find((one) => one.type === "auto_retry_end")).toMatchObject({ success: false, attempt: 1, finalError: "529 busy" });
  });
});

describe.concurrent("the reader", () => {
  test.for(ways)("goes away: the run ends quietly, run as %s", async (way, { world }) => {
    // Whoever has nothing to write cannot notice: the answer goes on.
    const piece = { ...event({ type: "text_delta", contentIndex: 0, delta: "more " }), delayMs: 10 };
    const steps = [...textSteps("The beginning"), ...new Array<object>(1000).fill(piece), { type: "hang" }];
    const { stdout, stderr, timedOut, survivors } = await world.run(["--model", world.trace(steps), "--mode", "json", "-p", "hi"], {
      way,
      shell: '"$@" | head -n 1',
    });
    expect({ stderr, timedOut, survivors, lines: stdout.split("\n").length }).toEqual({
      stderr: "",
      timedOut: false,
      survivors: [],
      lines: 2,
    });
    expect(soundSession(world.sessionFiles()[0] ?? "").at(-1).message).toMatchObject({ stopReason: "aborted" });
  });

  test.runIf(existsSync("/proc/self/io"))("is slow: the run waits for it in flat memory", async ({ world }) => {
    const count = 100_000;
    const delta = event({ type: "text_delta", contentIndex: 0, delta: "0123456789" });
    const steps = [
      event({ type: "text_start", contentIndex: 0 }),
      ...new Array<object>(count).fill(delta),
      event({ type: "text_end", contentIndex: 0 }),
      event({ type: "finish", stopReason: "stop" }),
    ];
    const program = world.start(["--model", world.trace(steps), "--mode", "json", "-p", "hi"], { timeoutMs: 60_000 });
    await program.said("text_delta");
    program.child.stdout?.pause();
    const stopped = await stoppedWriting(program.pid);
    const peak = peakKilobytes(program.pid);
    program.child.stdout?.resume();
    const { stdout, status } = await program.result;
    expect(status).toBe(0);
    expect(stdout.length).toBeGreaterThan(20_000_000);
    expect(stopped).toBeLessThan(4_000_000);
    expect(recordsOf(stdout).filter((one) => one.assistantMessageEvent?.type === "text_delta")).toHaveLength(count);
    expect(peak).toBeLessThan(200_000);
  });
});

/** Bytes written when no more are coming. */
async function stoppedWriting(pid: number): Promise<number> {
  let last = -1;
  for (let same = 0; same < 5; ) {
    const written = Number(/^wchar: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, "utf8"))?.[1]);
    same = written === last ? same + 1 : 0;
    last = written;
    await new Promise((resolve) => setTimeout(resolve, 40));
  }
  return last;
}

function peakKilobytes(pid: number): number {
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
}

test.for(ways)("what a batch of calls will do is told before it is done, on %s", async (way, { world }) => {
  const calls = [0, 1, 2].flatMap((at) => [
    ...callSteps("bash", { command: `echo ${at} >> done; cp ../out.jsonl seen-${at}` }, `call_${at}`)
      .slice(0, 3)
      .map((step) => ({ ...step, event: { ...(step as Json).event, contentIndex: at } })),
  ]);
  const model = world.trace([...calls, event({ type: "finish", stopReason: "toolUse" })], answerSteps("ok"));
  await world.run(["--mode", "json", "--model", model, "-p", "go"], { way, shell: '"$@" > ../out.jsonl' });
  for (const at of [0, 1, 2]) {
    const seen = recordsOf(world.read(`seen-${at}`));
    expect(seen.filter((record) => record.type === "tool_execution_start")).toHaveLength(3);
  }
});
