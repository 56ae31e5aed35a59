// What other writers leave out, or write as something else.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { AnyEntry } from "../../../src/contracts/session-entry.ts";
import { emptyUsage } from "../../../src/contracts/usage.ts";
import { countEntries } from "../../../src/harness/conversation/session-stats.ts";
import { usedCalls } from "../../../src/session/library/session-totals.ts";
import { decodeEntry, soundEntry } from "../../../src/session/lines/sound-entry.ts";
import { Session } from "../../../src/session/tree/session.ts";
import { searchedTexts } from "../../../src/transcript/searched-texts.ts";
import { assistantMessage, userMessage } from "../../support/messages.ts";
import { seededRandom } from "../../support/random.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

const timestamp = "2026-01-02T03:04:05.000Z";
const place = { id: "00000001", parentId: null, timestamp };
const message = (fields: Record<string, unknown>): AnyEntry =>
  soundEntry({ type: "message", ...place, message: fields } as unknown as AnyEntry);

test("what is as we write it comes back as it is", () => {
  const entries = [
    { type: "message", ...place, message: userMessage("a") },
    { type: "message", ...place, message: assistantMessage("b") },
    { type: "context_edit", ...place, targetId: "x", replacement: null },
    { type: "of_another_program", ...place, content: 7 },
  ] as unknown as AnyEntry[];
  for (const entry of entries) expect(soundEntry(entry)).toBe(entry);
});

test("arguments that are nested deeper than a stack is are left out, each by itself: the session goes on, and is searched", () => {
  const deep = `${"[".repeat(50_000)}"needle"${"]".repeat(50_000)}`;
  const call = (args: string): string => `{"type":"toolCall","id":"c","name":"bash","arguments":${args}}`;
  const line = (block: string): string =>
    `{"type":"message","id":"00000001","parentId":null,"timestamp":"${timestamp}","message":{"role":"assistant","content":[${block}]}}`;
  const given = [`{"command":"needle","deep":${deep}}`, JSON.stringify(`{"command":"needle","deep":${deep}}`)];
  for (const args of given) {
    const entry = decodeEntry(line(call(args)));
    expect(entry).toMatchObject({ message: { content: [{ name: "bash", arguments: { command: "needle" } }] } });
    expect(() => JSON.stringify(entry)).not.toThrow();
    expect(searchedTexts(entry as AnyEntry)).toContainEqual({ where: "tool call", text: "needle" });
  }
});

test("an answer keeps what it says, whatever it lacks", () => {
  const lacks = { usage: emptyUsage(), stopReason: "stop", timestamp: Date.parse(timestamp), api: "", provider: "", model: "" };
  const said = (content: unknown): unknown => (message({ role: "assistant", content }) as { message?: unknown }).message;
  expect(said("bare")).toEqual({ role: "assistant", content: [{ type: "text", text: "bare" }], ...lacks });
  expect(said(null)).toEqual({ role: "assistant", content: [], ...lacks });
  const call = { type: "toolCall", id: "c", name: "ls" };
  expect(
    said([{ type: "thinking" }, { type: "mystery" }, { type: "text" }, null, "loose", call, { ...call, arguments: '{"path":"x"}' }]),
  ).toEqual({
    role: "assistant",
    content: [
      { type: "text", text: "loose" },
      { ...call, arguments: {} },
      { ...call, arguments: { path: "x" } },
    ],
    ...lacks,
  });
});

test("a single block, and texts by the names of other formats, are said; a type that every object knows is one like others", () => {
  const said = (role: string, content: unknown): unknown =>
    (message({ role, content }) as { message?: { content?: unknown } }).message?.content;
  const text = { type: "text", text: "hi" };
  for (const role of ["user", "assistant", "toolResult"]) expect(said(role, text)).toEqual([text]);
  expect(said("user", [{ type: "input_text", text: "hi" }, { type: "input_image" }])).toEqual([text]);
  expect(
    said("assistant", [
      { type: "output_text", text: "hi" },
      { type: "mystery", text: "no" },
    ]),
  ).toEqual([text]);
  for (const type of ["__proto__", "constructor", "toString"]) {
    const entry = { type, ...place } as unknown as AnyEntry;
    expect(soundEntry(entry)).toBe(entry);
    expect(() => message({ role: type, content: [] })).not.toThrow();
  }
});

test("usage that lacks a part is complete; what is there is kept", () => {
  const usage = { input: 5, output: 2, cost: { total: 0.5 } };
  expect(message({ ...assistantMessage("x"), usage })).toMatchObject({
    message: { usage: { input: 5, output: 2, cacheRead: 0, cacheWrite: 0, totalTokens: 7, cost: { input: 0, total: 0.5 } } },
  });
});

test("a line that is no entry is none", () => {
  for (const text of ["", "null", "[]", '{"type":"session","id":"x"}', '{"type":"message"}']) expect(decodeEntry(text)).toBe(undefined);
});

test("whatever field of whatever entry is missing or of another kind, a session opens, is told of and goes on", async () => {
  const call = { type: "toolCall", id: "c1", name: "ls", arguments: {} };
  const usage = assistantMessage("x").usage;
  const whole = [
    { type: "model_change", provider: "p", modelId: "m" },
    {
      type: "message",
      message: {
        role: "system",
        content: "s",
        sections: { a: "b" },
        toolsAdded: [{ name: "ls", description: "", parameters: {} }],
        timestamp: 1,
      },
    },
    { type: "message", message: { role: "user", content: [{ type: "text", text: "u" }], timestamp: 1 } },
    { type: "message", message: { ...assistantMessage("x"), content: [{ type: "thinking", thinking: "t" }, call] } },
    {
      type: "message",
      message: {
        role: "toolResult",
        toolCallId: "c1",
        toolName: "ls",
        content: [{ type: "text", text: "r" }],
        isError: false,
        timestamp: 1,
      },
    },
    {
      type: "message",
      message: { role: "bashExecution", command: "c", output: "o", exitCode: 0, cancelled: false, truncated: false, timestamp: 1 },
    },
    { type: "compaction", summary: "s", firstKeptEntryId: "0000000a", tokensBefore: 5, usage },
    { type: "branch_summary", fromId: "x", summary: "s", usage },
    { type: "custom_message", customType: "c", content: "x", display: true },
    { type: "context_edit", targetId: "0000000c", replacement: { content: "new" } },
    { type: "usage", kind: "k", provider: "p", model: "m", usage },
    { type: "label", targetId: "0000000c", label: "l" },
    { type: "session_info", name: "n" },
  ];
  const random = seededRandom(11);
  const odd = [undefined, null, 7, "text", [], {}, [null], [{ type: "text" }], { content: 3 }, true].map((value) => () => value);
  const spoil = (value: unknown, depth: number): unknown => {
    if (typeof value !== "object" || value === null) return value;
    const copy = (Array.isArray(value) ? [...value] : { ...value }) as Record<string, unknown>;
    for (const name of Object.keys(copy)) {
      if (depth === 0 && name === "type") continue;
      copy[name] = random.chance(0.12) ? random.pick(odd)() : spoil(copy[name], depth + 1);
    }
    return copy;
  };
  const path = join(temporaryDirectory(), "s.jsonl");
  const header = { type: "session", version: 3, id: "s", timestamp, cwd: "/x" };
  for (let round = 0; round < 150; round++) {
    const entries = whole.map((entry, at) => {
      const id = (at + 10).toString(16).padStart(8, "0");
      const parentId = at === 0 ? null : (at + 9).toString(16).padStart(8, "0");
      return { ...(spoil(entry, 0) as object), type: entry.type, id, parentId, timestamp: random.chance(0.1) ? 5 : timestamp };
    });
    writeFileSync(path, [header, ...entries].map((line) => `${JSON.stringify(line)}\n`).join(""));
    const session = await Session.open(path, { readOnly: true });
    onTestFinished(() => session.close());
    expect(session.context().messages.every(({ timestamp: at }) => typeof at === "number")).toBe(true);
    expect(session.entries()).toHaveLength(entries.length);
    expect(session.tree().length).toBeGreaterThan(0);
    expect(Number.isFinite(countEntries(session.entries()).cost)).toBe(true);
    expect([...usedCalls(path)].every((used) => Number.isFinite(used.usage.cost.total))).toBe(true);
    void session.name;
  }
});
