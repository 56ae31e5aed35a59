// What is shown of a run that goes on: its lines as they stand on screens of 40, 80 and 200 columns and in a log.

import { describe, expect, test } from "vitest";
import type { AgentEvent } from "../../src/contracts/agent-event.ts";
import { TerminalStream } from "../../src/contracts/text/plain.ts";
import { type TextForm, textForm } from "../../src/contracts/text/terminal-text.ts";
import { emptyUsage } from "../../src/contracts/usage.ts";
import { ProgressText } from "../../src/transcript/text/progress-text.ts";
import { quickestMs } from "../support/quickest.ts";
import { toolViews } from "../support/tool-views.ts";

const plain: TextForm = { paint: (text) => text, width: undefined };

function progress(form: TextForm, isVerbose = false): ProgressText {
  return new ProgressText({ ...form, isVerbose, toolViews });
}

interface Ran {
  text?: string;
  isError?: boolean;
  details?: unknown;
  durationMs?: number;
}

let calls = 0;

function call(
  toolName: string,
  args: Record<string, unknown>,
  { text = "", isError = false, details, durationMs = 20 }: Ran,
): AgentEvent[] {
  const toolCallId = `call ${calls++}`;
  const result = { content: [{ type: "text" as const, text }], ...(details === undefined ? {} : { details }) };
  return [
    { type: "tool_execution_start", toolCallId, toolName, args },
    { type: "tool_execution_end", toolCallId, toolName, result, isError, durationMs },
  ];
}

const run: AgentEvent[] = [
  { type: "agent_start" },
  { type: "turn_start" },
  ...call("read", { path: "src/a.ts" }, { text: Array.from({ length: 200 }, (_, at) => `line ${at}`).join("\n") }),
  ...call("read", { path: "src/a.ts", offset: 20, limit: 2 }, { text: "x\ny\n\n[178 more lines in file. Use offset=22 to continue.]" }),
  ...call("edit", { path: "src/a.ts", edits: [{ oldText: "a", newText: "b" }] }, { details: { diff: "-1 a\n+1 b\n+2 c\n 3 d" } }),
  ...call(
    "bash",
    { command: "npm test -- --reporter=dot --maxWorkers=1 test/transcript" },
    {
      text: "1 failed\n\nCommand exited with code 1",
      isError: true,
      durationMs: 3140,
    },
  ),
  ...call("bash", { command: "sleep 9" }, { text: "Command timed out after 5 seconds", isError: true, durationMs: 5000 }),
  ...call("bash", { command: "make\nmake install" }, { text: "a\nb", durationMs: 61_000 }),
  ...call("write", { path: "b.ts", content: "1\n2\n" }, { text: "Wrote 4 bytes" }),
  ...call("edit", { path: "c.ts", edits: [] }, { text: "File not found: c.ts\nTry ls.", isError: true }),
  ...call("of_an_extension", { url: "http://x" }, { text: "one" }),
  { type: "auto_retry_start", attempt: 1, maxAttempts: 3, delayMs: 2000, errorMessage: '529 {"error":{"message":"overloaded"}}' },
  { type: "compaction_start", reason: "threshold" },
  {
    type: "compaction_end",
    reason: "threshold",
    result: { summary: "s", firstKeptEntryId: "x", tokensBefore: 180_000, estimatedTokensAfter: 12_300, details: undefined },
    aborted: false,
    willRetry: false,
  },
  { type: "compaction_end", reason: "manual", aborted: false, willRetry: false, errorMessage: "no key" },
];

const facts = { turns: 3, toolCalls: 9, tokens: 12_345, cost: 0.0123, durationMs: 41_000 };

function screenOf(form: TextForm): string {
  const text = progress(form);
  const lines = run.flatMap((event) => text.take(event));
  return [...lines, text.live(facts), text.summary(facts, "01a21ab3-5afc-77e4-920f-0f039869b2a3")].join("\n");
}

describe("a run, line by line", () => {
  test("200 columns", () => {
    expect(screenOf({ ...plain, width: 200 })).toBe(`read  src/a.ts  1–200
read  src/a.ts:20-21  2 lines
edit  src/a.ts  +2 −1
bash  npm test -- --reporter=dot --maxWorkers=1 test/transcript  exit 1, 3.1 s
bash  sleep 9  timed out, 5 s
bash  make make install  1 min 1 s
write  b.ts  2 lines
edit  c.ts  failed: File not found: c.ts
of_an_extension  http://x  1 line
retry  1/3 in 2 s  overloaded (529)
compaction  180.0k → 12.3k tokens
compaction  failed  no key
turn 1 · thinking · 41 s · 12.3k tokens · $0.0123
3 turns, 9 tool calls, 12.3k tokens, $0.0123, 41 s, 2 files changed, session 01a21ab3-5afc`);
  });

  test("40 columns: what it came to stays, what it was about gives way", () => {
    expect(screenOf({ ...plain, width: 40 })).toBe(`read  src/a.ts  1–200
read  src/a.ts:20-21  2 lines
edit  src/a.ts  +2 −1
bash  npm test -- --repo…  exit 1, 3.1 s
bash  sleep 9  timed out, 5 s
bash  make make install  1 min 1 s
write  b.ts  2 lines
edit  c.ts  failed: File not found: c.ts
of_an_extension  http://x  1 line
retry  1/3 in 2 s  overloaded (529)
compaction  180.0k → 12.3k tokens
compaction  failed  no key
turn 1 · thinking · 41 s · 12.3k tokens…
2 files changed, session 01a21ab3-5afc`);
  });

  const at80 = `read  src/a.ts  1–200
read  src/a.ts:20-21  2 lines
edit  src/a.ts  +2 −1
bash  npm test -- --reporter=dot --maxWorkers=1 test/transcript  exit 1, 3.1 s
bash  sleep 9  timed out, 5 s
bash  make make install  1 min 1 s
write  b.ts  2 lines
edit  c.ts  failed: File not found: c.ts
of_an_extension  http://x  1 line
retry  1/3 in 2 s  overloaded (529)
compaction  180.0k → 12.3k tokens
compaction  failed  no key
turn 1 · thinking · 41 s · 12.3k tokens · $0.0123
3 turns, 9 tool calls, $0.0123, 41 s, 2 files changed, session 01a21ab3-5afc`;

  test("80 columns, alike with NO_COLOR", () => {
    expect(screenOf({ ...plain, width: 80 })).toBe(at80);
    expect(screenOf(textForm({ stdout: { isTerminal: true, columns: 80 }, env: { NO_COLOR: "1" } }))).toBe(at80);
    expect(
      screenOf({ ...plain, width: 20 })
        .split("\n")
        .filter((line) => line.length > 20),
    ).toEqual([]);
  });

  test("when the next try is stays, why it is needed gives way", () => {
    const retryAt = new Date(2026, 10, 27, 12, 4, 31).getTime();
    const errorMessage = '429 {"error":{"message":"You are over your limit of tokens a minute"}}';
    const events: AgentEvent[] = [
      { type: "auto_retry_start", attempt: 1, maxAttempts: 3, delayMs: 2000, retryAt, errorMessage },
      { type: "compaction_end", reason: "manual", aborted: false, willRetry: false, errorMessage: "no such model ".repeat(9) },
    ];
    const at = (width: number): string[] => events.flatMap((event) => progress({ ...plain, width }).take(event));
    expect(at(80)[0]).toBe("retry  1/3 in 2 s, at 12:04:31  You are over your limit of tokens a minute (429)");
    expect(at(40)).toEqual(["retry  1/3 in 2 s, at 12:04:31  You are…", "compaction  failed  no such model no su…"]);
    expect(at(20)).toEqual(["retry  1/3 in 2 s, …", "compaction  failed"]);
  });

  test("wide characters take two", () => {
    const text = progress({ ...plain, width: 30 });
    const [line = ""] = call("bash", { command: "echo 日本語日本語日本語日本語" }, { durationMs: 2000 }).flatMap((event) =>
      text.take(event),
    );
    expect(line).toBe("bash  echo 日本語日本語…  2 s");
  });

  test("colours where the terminal wants them, none with NO_COLOR", () => {
    const stdout = { isTerminal: true, columns: 80 };
    const coloured = screenOf(textForm({ stdout, env: {} }));
    expect(coloured).toContain("\u001b[1mbash\u001b[0m  sleep 9  \u001b[31mtimed out, 5 s\u001b[0m");
    expect(coloured.replace(/\u001b\[\d+m/g, "")).toBe(at80);
  });
});

test("nothing of a call or its result moves the cursor or begins a line", () => {
  const text = progress({ ...plain, width: 60 }, true);
  const hostile = "\u001b[2J\u001b]0;owned\u0007a\rb\u0000\u202ec";
  const events = call("bash", { command: `${hostile}\n${hostile}` }, { text: `${hostile}\n${hostile}`, isError: true });
  const lines = events.flatMap((event) => text.take(event));
  expect(lines).toHaveLength(3);
  for (const line of lines) expect(line).not.toMatch(/[\x00-\x1f\x7f-\x9f\u202e]/);
});

test("--verbose: output and thinking beside it, a long output cut", () => {
  const text = progress({ ...plain, width: undefined }, true);
  const usage = emptyUsage();
  const thought: AgentEvent = {
    type: "message_update",
    usage,
    assistantMessageEvent: { type: "thinking_end", contentIndex: 0, content: "I look.\nThen I see." },
  };
  expect(text.take(thought)).toEqual(["| I look.", "| Then I see."]);
  expect(call("bash", { command: "ls" }, { text: "a\n\tb\n" }).flatMap((event) => text.take(event))).toEqual([
    "bash  ls",
    "  a",
    "      b",
  ]);
  const long = call("bash", { command: "ls" }, { text: "x\n".repeat(1000) }).flatMap((event) => text.take(event));
  expect(long).toHaveLength(202);
  expect(long.at(-1)).toBe("  … 800 more lines");
});

test("while a tool runs, its name; while something is waited for, what", () => {
  const text = progress(plain);
  const live = (): string => text.live({ ...facts, tokens: 0, cost: 0 });
  const [start, end] = call("bash", { command: "ls" }, {});
  expect(live()).toBe("turn 1 · thinking · 41 s");
  if (start) text.take(start);
  expect(live()).toBe("turn 1 · bash · 41 s");
  if (end) text.take(end);
  text.take({ type: "auto_retry_start", attempt: 2, maxAttempts: 3, delayMs: 1, errorMessage: "x" });
  expect(live()).toBe("turn 1 · waiting to retry (2/3) · 41 s");
  text.take({ type: "agent_start" });
  expect(live()).toBe("turn 1 · thinking · 41 s");
});

describe("a text that comes in pieces", () => {
  test.each([
    ["\u001b[31mred\u001b[0m plain", "red plain"],
    ["a\u001b]8;;http://x\u001b\\link\u001b]8;;\u0007b", "alinkb"],
    ["one\r\ntwo\rthree\n", "one\ntwothree\n"],
    ["bell\u0007 back\b \u202eturned", "bell back turned"],
  ])("%j is the same wherever it is cut", (whole, shown) => {
    for (let at = 0; at <= whole.length; at++) {
      const stream = new TerminalStream();
      expect(stream.take(whole.slice(0, at)) + stream.take(whole.slice(at))).toBe(shown);
    }
    const byOne = new TerminalStream();
    expect([...whole].map((character) => byOne.take(character)).join("")).toBe(shown);
  });

  test("a sequence without end does not hold the text for ever", () => {
    const stream = new TerminalStream();
    const shown = Array.from({ length: 10 }, () => stream.take(`\u001b]${"x".repeat(1000)}`)).join("");
    expect(shown).not.toContain("\u001b");
    const other = new TerminalStream();
    expect(other.take(`\u001b]${"x".repeat(5000)}`) + other.take("\nend")).toContain("end");
  });
});

test("an output of empty lines is shown as soon as any other", async () => {
  const events = call("bash", { command: "yes ''" }, { text: `${"\n".repeat(200_000)}x` });
  const shown = (): void => {
    const text = progress(plain, true);
    for (const event of events) text.take(event);
  };
  expect(await quickestMs(2000, shown)).toBeLessThan(2000);
});
