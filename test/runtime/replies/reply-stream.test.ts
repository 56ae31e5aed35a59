// Replies of a run from its events: texts, blocks, thinking, tools, in the order in which a host is told of them.

import { describe, expect, test } from "vitest";
import type { AgentEvent } from "../../../src/contracts/agent-event.ts";
import type { AssistantContent, AssistantMessage } from "../../../src/contracts/message.ts";
import type { AssistantMessageEvent } from "../../../src/contracts/stream-event.ts";
import { emptyUsage } from "../../../src/contracts/usage.ts";
import { createReplyStream, type ReplyStreamOptions } from "../../../src/runtime/replies/reply-stream.ts";
import type { ReplyCallbacks, ReplyPayload } from "../../../src/runtime/request.ts";

const message = (content: AssistantContent[] = []): AssistantMessage => ({
  role: "assistant",
  content,
  api: "a",
  provider: "p",
  model: "m",
  usage: emptyUsage(),
  stopReason: "stop",
  timestamp: 0,
});

const update = (assistantMessageEvent: AssistantMessageEvent): AgentEvent => ({
  type: "message_update",
  usage: emptyUsage(),
  assistantMessageEvent,
});
const text = (delta: string, contentIndex = 0) => update({ type: "text_delta", contentIndex, delta });
const textEnd = (content: string, contentIndex = 0) => update({ type: "text_end", contentIndex, content });
const thought = (delta: string, contentIndex = 0) => update({ type: "thinking_delta", contentIndex, delta });
const thoughtEnd = (content: string, contentIndex = 0) => update({ type: "thinking_end", contentIndex, content });
const start: AgentEvent = { type: "message_start", message: message() };
const end = (...content: (string | AssistantContent)[]): AgentEvent => ({
  type: "message_end",
  message: message(content.map((one) => (typeof one === "string" ? { type: "text", text: one } : one))),
});
const thinking = (words: string): AssistantContent => ({ type: "thinking", thinking: words });
const tool = (id: string, name = "bash", args: Record<string, unknown> = { command: "ls -la" }): AgentEvent => ({
  type: "tool_execution_start",
  toolCallId: id,
  toolName: name,
  args,
});
const toolEnd = (id: string, isError = false, output = "out"): AgentEvent => ({
  type: "tool_execution_end",
  toolCallId: id,
  toolName: "bash",
  result: { content: [{ type: "text", text: output }] },
  isError,
  durationMs: 1,
});

/** A message in deltas, as a provider tells it. */
const said = (whole: string, deltas: string[] = [...whole]): AgentEvent[] => [
  start,
  ...deltas.map((one) => text(one)),
  textEnd(whole),
  end(whole),
];

const names = [
  "onAssistantMessageStart",
  "onPartialReply",
  "onBlockReply",
  "onBlockReplyFlush",
  "onReasoningStream",
  "onReasoningEnd",
  "onToolResult",
  "onAgentEvent",
] as const;
type Name = (typeof names)[number];

interface Told {
  calls: [Name, unknown][];
  payloads: ReplyPayload[];
  hasDelivered: boolean;
  warnings: string[];
  of(name: Name): unknown[];
}

async function told(
  events: readonly AgentEvent[],
  heard: readonly Name[] = names,
  { replies = {}, ...options }: Partial<ReplyStreamOptions> = {},
  finalText = "",
): Promise<Told> {
  const calls: [Name, unknown][] = [];
  const warnings: string[] = [];
  const callbacks = Object.fromEntries(heard.map((name) => [name, (value?: unknown) => void calls.push([name, value])]));
  const stream = createReplyStream({
    replies: { ...(callbacks as ReplyCallbacks), ...replies },
    sentText: (name, args) => (name === "send_message" ? String(args.text) : undefined),
    warn: (line) => void warnings.push(line),
    ...options,
  });
  for (const event of events) await stream.take(event);
  const payloads = await stream.finish(finalText);
  const of = (name: Name): unknown[] => calls.filter(([one]) => one === name).map(([, value]) => value);
  return { calls, payloads, hasDelivered: stream.hasDelivered, warnings, of };
}

const texts = (values: unknown[]): string[] => values.map((one) => (one as { text: string }).text);
const small = { blockReplyChunking: { minChars: 5, maxChars: 30 } };

describe("texts", () => {
  test("the start comes once a message and first, partial texts only grow, and are the final text", async () => {
    const whole = "<think>hm</think>[[reply_to_current]] Hello there, `<final>` is code.\nMEDIA:./a.png\nBye <final>now</final>";
    const { calls, of, payloads } = await told([...said(whole), ...said("Second")]);
    expect(calls[0]?.[0]).toBe("onAssistantMessageStart");
    expect(of("onAssistantMessageStart")).toHaveLength(2);
    const partial = texts(of("onPartialReply"));
    for (const [index, one] of partial.entries()) {
      const next = partial[index + 1];
      if (next !== undefined && !next.startsWith("S")) expect(next.startsWith(one)).toBe(true);
    }
    expect(partial.filter((one) => !one.startsWith("S")).at(-1)).toBe("Hello there, `<final>` is code.\nBye now");
    expect(payloads).toEqual([{ text: "Second" }]);
  });

  test("an end that repeats the text adds what is new; one that comes late, or says less, nothing", async () => {
    const { of, payloads } = await told([start, text("Hel"), textEnd("Hello"), textEnd("Hello"), textEnd("Hel"), end("Hello you")]);
    expect(texts(of("onPartialReply")).at(-1)).toBe("Hello you");
    expect(texts(of("onBlockReply")).join("")).toBe("Hello you");
    expect(payloads).toEqual([{ text: "Hello you" }]);
  });

  test("a message that had no deltas is all there, and so is one without an end", async () => {
    expect((await told([start, end("Whole")])).of("onBlockReply")).toEqual([{ text: "Whole" }]);
    expect((await told([start, text("Cut off")])).payloads).toEqual([{ text: "Cut off" }]);
  });

  test("blocks of one message are joined by a line break", async () => {
    const events = [start, text("One", 0), textEnd("One", 0), text("Two", 1), textEnd("Two", 1), end("One", "Two")];
    const { of, payloads } = await told(events);
    expect(texts(of("onPartialReply")).at(-1)).toBe("One\nTwo");
    expect(texts(of("onBlockReply"))).toEqual(["One", "Two"]);
    expect(payloads).toEqual([{ text: "One\nTwo" }]);
  });

  test("however a stream is cut, the same comes of it", async () => {
    const whole = "<thought>a</thought> [[reply_to:7]] A `x` [[audio_as_voice]]\n\nMEDIA: https://example.com/p.png\nend <fin";
    const expected = await told([start, end(whole)], ["onBlockReply", "onReasoningEnd"]);
    for (let at = 0; at <= whole.length; at++) {
      const { payloads, of } = await told(said(whole, [whole.slice(0, at), whole.slice(at)]), ["onBlockReply", "onReasoningEnd"]);
      expect(payloads).toEqual(expected.payloads);
      expect(of("onBlockReply")).toEqual(expected.of("onBlockReply"));
      expect(of("onReasoningEnd")).toHaveLength(1);
    }
    expect(expected.payloads).toEqual([
      { text: "A `x` \n\nend", replyToTag: true, replyToId: "7", audioAsVoice: true, mediaUrls: ["https://example.com/p.png"] },
    ]);
  });

  test("the answer is that of the last message that has words", async () => {
    expect((await told([...said("First"), ...said("Last"), start, end()])).payloads).toEqual([{ text: "Last" }]);
    expect((await told([], names, {}, "[[reply_to:1]] told")).payloads).toEqual([{ text: "told", replyToTag: true, replyToId: "1" }]);
    expect((await told([])).payloads).toEqual([]);
  });
});

describe("blocks", () => {
  const long = Array.from({ length: 12 }, (_, at) => `Sentence ${at} is here. `).join("");

  test.each(["text_end", "message_end"] as const)("joined they are the text: %s", async (blockReplyBreak) => {
    const { of, calls, hasDelivered } = await told(said(long), ["onBlockReply", "onPartialReply"], {
      replies: { ...small, blockReplyBreak },
    });
    const blocks = texts(of("onBlockReply"));
    expect(blocks.every((one) => one.length <= 30)).toBe(true);
    expect(blocks.join(" ")).toBe(long.trim());
    expect(hasDelivered).toBe(true);
    const firstBlock = calls.findIndex(([name]) => name === "onBlockReply");
    const lastPartial = calls.map(([name]) => name).lastIndexOf("onPartialReply");
    expect(firstBlock < lastPartial).toBe(blockReplyBreak === "text_end");
  });

  test("none comes twice running in a message, and may come again in the next", async () => {
    const { of } = await told([...said("ha ha\n\nha ha\n\nha ha"), ...said("ha ha")], ["onBlockReply"], {
      replies: { blockReplyChunking: { flushOnParagraph: true } },
    });
    expect(texts(of("onBlockReply"))).toEqual(["ha ha", "ha ha"]);
  });

  test("directives stand on the blocks that come behind them; a reply holds for the message", async () => {
    const { of } = await told(
      said("One is here.\n\n[[reply_to:5]] Two is there. [[audio_as_voice]]\n\nMEDIA:/a.png\nThree is late."),
      ["onBlockReply"],
      { replies: { blockReplyChunking: { flushOnParagraph: true } } },
    );
    const reply = { replyToTag: true, replyToId: "5" };
    expect(of("onBlockReply")).toEqual([
      { text: "One is here." },
      { text: "Two is there.", ...reply, audioAsVoice: true },
      { text: "Three is late.", ...reply, mediaUrls: ["/a.png"] },
    ]);
  });

  test("media without words are a block; a message without either is none", async () => {
    expect((await told(said("MEDIA:/a.png"))).of("onBlockReply")).toEqual([{ mediaUrls: ["/a.png"] }]);
    expect((await told(said("\n [[reply_to_current]] \n"))).of("onBlockReply")).toEqual([]);
  });

  test("a tail that is not decided yet is no block of its own", async () => {
    expect(texts((await told(said("Is three <"))).of("onBlockReply"))).toEqual(["Is three <"]);
  });

  test("chunking that cannot be done is refused before anything is said", () => {
    const replies = { blockReplyChunking: { maxChars: 0 } };
    expect(() => createReplyStream({ replies, sentText: () => undefined, warn: () => {} })).toThrow(
      expect.objectContaining({ code: "usage.bad_value" }),
    );
  });
});

describe("before a tool", () => {
  test.each(["text_end", "message_end"] as const)("all that is held goes out, and is waited for: %s", async (blockReplyBreak) => {
    const order: string[] = [];
    const slow = (name: string) => async (): Promise<void> => {
      await new Promise((resolve) => setImmediate(resolve));
      order.push(name);
    };
    const stream = createReplyStream({
      replies: { onBlockReply: slow("block"), onBlockReplyFlush: slow("flush"), onPartialReply: slow("partial"), blockReplyBreak },
      sentText: () => undefined,
      warn: () => {},
    });
    // As a runtime does whose tools are called before the message has ended.
    void stream.take(start);
    void stream.take(text("Let me look."));
    await stream.take(tool("1"));
    order.push("tool");
    void stream.take(end("Let me look."));
    await stream.finish("");
    expect(order).toEqual(["partial", "block", "flush", "tool"]);
  });

  test("what a messaging tool has sent is not sent again, once it has succeeded", async () => {
    const send = [tool("1", "send_message", { text: "The build is green!" })];
    const again = said("the build is GREEN");
    const once = await told([...send, toolEnd("1"), ...again]);
    expect([once.of("onBlockReply"), once.payloads]).toEqual([[], []]);
    expect(once.of("onPartialReply")).not.toEqual([]);
    const failed = await told([...send, toolEnd("1", true), ...again]);
    expect(failed.payloads).toEqual([{ text: "the build is GREEN" }]);
    const withPicture = await told([...send, toolEnd("1"), ...said("The build is green!\nMEDIA:/a.png")]);
    expect(withPicture.of("onBlockReply")).toEqual([{ mediaUrls: ["/a.png"] }]);
  });
});

describe("thinking", () => {
  const events = [
    start,
    thought("deep "),
    thought("thought"),
    thoughtEnd("deep thought"),
    text("<think>more", 1),
    text("</think>Answer", 1),
    end(thinking("deep thought"), "<think>more</think>Answer"),
  ];

  test("goes to its own callback alone, cumulative, its end told once a block", async () => {
    const { of, payloads } = await told(events);
    expect(texts(of("onReasoningStream"))).toEqual(["deep ", "deep thought", "more"]);
    expect(of("onReasoningEnd")).toHaveLength(2);
    expect([texts(of("onBlockReply")), payloads]).toEqual([["Answer"], [{ text: "Answer" }]]);
  });

  test("is nowhere where nobody asked", async () => {
    const { of, payloads } = await told(events, ["onBlockReply", "onPartialReply"]);
    expect(JSON.stringify([of("onBlockReply"), of("onPartialReply"), payloads])).not.toMatch(/thought|more/);
  });

  test("is a block before the answer where that was asked for, thinking is on and nobody hears the stream", async () => {
    const replies = { emitReasoningInBlockReply: true };
    const blocks = [{ text: "deep thought", isReasoning: true }, { text: "more", isReasoning: true }, { text: "Answer" }];
    const opted = await told(events, ["onBlockReply"], { replies });
    expect([opted.of("onBlockReply"), opted.payloads]).toEqual([blocks, blocks]);
    expect((await told(events, ["onBlockReply", "onReasoningStream"], { replies })).of("onBlockReply")).toEqual([{ text: "Answer" }]);
    expect((await told(events, ["onBlockReply"], { replies, isReasoningOn: false })).of("onBlockReply")).toEqual([{ text: "Answer" }]);
    const cut = await told(events, ["onBlockReply"], { replies: { ...replies, blockReplyChunking: { minChars: 1, maxChars: 6 } } });
    expect(texts(cut.of("onBlockReply")).every((one) => one.length <= 6)).toBe(true);
  });

  test("without deltas it is told all the same, hidden thinking is not", async () => {
    const hidden: AssistantContent = { type: "thinking", thinking: "secret", redacted: true };
    const { of } = await told([start, end(thinking("seen"), hidden, "A")]);
    expect(texts(of("onReasoningStream"))).toEqual(["seen"]);
    expect(of("onReasoningEnd")).toHaveLength(1);
  });
});

describe("the final tag", () => {
  const replies = { enforceFinalTag: true };

  test("only what it holds is an answer, over all cuts", async () => {
    const whole = "plan <final>The `</final>` answer</final> after";
    for (let at = 0; at <= whole.length; at++) {
      const { of, payloads } = await told(said(whole, [whole.slice(0, at), whole.slice(at)]), names, { replies });
      expect(texts(of("onBlockReply"))).toEqual(["The `</final>` answer"]);
      expect(payloads).toEqual([{ text: "The `</final>` answer" }]);
    }
  });

  test("where none came, the text without tags is the payload, and nothing was shown before", async () => {
    const { of, payloads, hasDelivered } = await told(said("<think>x</think>[[reply_to_current]] No tag"), names, { replies });
    expect([of("onPartialReply"), of("onBlockReply"), hasDelivered]).toEqual([[], [], false]);
    expect(payloads).toEqual([{ text: "No tag", replyToTag: true, replyToCurrent: true }]);
  });
});

describe("what tools do", () => {
  const ran = [tool("1"), toolEnd("1")];
  const failed = [tool("2"), toolEnd("2", true, "No such file")];

  test.each([
    ["off", [], []],
    ["on", ["bash: ls -la"], ["bash: ls -la"]],
    ["full", ["bash: ls -la", "out"], ["bash: ls -la", "No such file"]],
  ] as const)("by verbosity %s", async (verbosity, onSuccess, onFailure) => {
    expect(texts((await told(ran, names, { verbosity })).of("onToolResult"))).toEqual(onSuccess);
    expect(texts((await told(failed, names, { verbosity })).of("onToolResult"))).toEqual(onFailure);
  });

  test("predicates decide in its place, at the moment; errors are for full alone", async () => {
    let isWanted = false;
    const replies: ReplyCallbacks = {
      shouldEmitToolResult: () => isWanted,
      shouldEmitToolOutput: () => isWanted,
      onBlockReplyFlush: () => {
        isWanted = !isWanted;
      },
    };
    const heard = ["onToolResult"] as const;
    expect(texts((await told([...ran, ...ran], heard, { replies })).of("onToolResult"))).toEqual(["bash: ls -la", "out"]);
    isWanted = false;
    expect(texts((await told(failed, heard, { replies })).of("onToolResult"))).toEqual(["bash: ls -la"]);
  });

  test("a long output is cut, and says so; one without text is none", async () => {
    const [, output] = texts(
      (await told([tool("1"), toolEnd("1", false, "x".repeat(30_000))], names, { verbosity: "full" })).of("onToolResult"),
    );
    expect(output).toMatch(/^x{20000}\n… 10000 more characters$/);
    expect((await told([tool("1"), toolEnd("1", false, "")], names, { verbosity: "full" })).of("onToolResult")).toHaveLength(1);
  });
});

describe("events", () => {
  test("streams of a run, in order", async () => {
    const progress: AgentEvent = {
      type: "tool_execution_update",
      toolCallId: "1",
      toolName: "bash",
      args: {},
      partialResult: { content: [{ type: "text", text: "half" }] },
    };
    const compaction: AgentEvent[] = [
      { type: "compaction_start", reason: "threshold" },
      { type: "compaction_end", reason: "threshold", aborted: false, willRetry: true, errorMessage: "no room" },
    ];
    const { of } = await told([
      start,
      thought("t"),
      thoughtEnd("t"),
      text("A", 1),
      end(thinking("t"), "A"),
      tool("1"),
      progress,
      toolEnd("1"),
      ...compaction,
    ]);
    const events = of("onAgentEvent") as { stream: string; data: Record<string, unknown> }[];
    expect(events.map(({ stream, data }) => [stream, data.phase ?? data.text])).toEqual([
      ["thinking", "t"],
      ["assistant", "A"],
      ["tool", "start"],
      ["tool", "update"],
      ["tool", "result"],
      ["compaction", "start"],
      ["compaction", "end"],
    ]);
    expect(events.at(-1)?.data).toEqual({ phase: "end", reason: "threshold", aborted: false, willRetry: true, errorMessage: "no room" });
    expect(events[2]?.data).toEqual({ phase: "start", toolCallId: "1", name: "bash", args: { command: "ls -la" } });
  });

  test("what stands outside of the run is told in its place", async () => {
    const heard: unknown[] = [];
    const stream = createReplyStream({
      replies: { onAgentEvent: (event) => void heard.push(event) },
      sentText: () => undefined,
      warn: () => {},
    });
    await stream.tell({ stream: "subagent", data: { phase: "start" } });
    await stream.finish("");
    expect(heard).toEqual([{ stream: "subagent", data: { phase: "start" } }]);
  });
});

describe("a slow or broken host", () => {
  test("callbacks are called one at a time; partial texts that wait give way, blocks and deltas are all told", async () => {
    let going = 0;
    const blocks: string[] = [];
    const partial: string[] = [];
    let deltas = "";
    const slow = async (note: () => void): Promise<void> => {
      expect(++going).toBe(1);
      await new Promise((resolve) => setImmediate(resolve));
      note();
      going--;
    };
    const stream = createReplyStream({
      replies: {
        ...small,
        onPartialReply: (reply) => slow(() => partial.push(reply.text)),
        onBlockReply: (reply) => slow(() => blocks.push(reply.text ?? "")),
        onAgentEvent: ({ stream: name, data }) =>
          slow(() => {
            if (name === "assistant") deltas += String(data.delta);
          }),
      },
      sentText: () => undefined,
      warn: () => {},
    });
    const whole = Array.from({ length: 40 }, (_, at) => `word number ${at} and more. `).join("");
    for (const event of said(whole)) void stream.take(event);
    await stream.finish("");
    expect(blocks.join(" ")).toBe(whole.trim());
    expect(partial.length).toBeLessThan(100);
    expect([partial.at(-1), deltas]).toEqual([whole, whole]);
  });

  test("the run waits for a host that has too much before it", async () => {
    const stream = createReplyStream({
      replies: { onBlockReply: () => new Promise((resolve) => setImmediate(resolve)), blockReplyChunking: { minChars: 1, maxChars: 4 } },
      sentText: () => undefined,
      warn: () => {},
    });
    await stream.take(start);
    expect(stream.take(text("a b "))).toBeUndefined();
    const held = stream.take(text("ab c ".repeat(500)));
    expect(held).toBeInstanceOf(Promise);
    await held;
  });

  test("one that throws is a warning, and the rest is told", async () => {
    const replies: ReplyCallbacks = {
      onBlockReply: () => {
        throw new Error("room is gone");
      },
      onPartialReply: async () => {
        throw new Error("late");
      },
    };
    const { warnings, payloads, of, hasDelivered } = await told(said("Hello"), ["onReasoningEnd", "onAgentEvent"], { replies });
    expect(warnings).toEqual(expect.arrayContaining(["onBlockReply failed: room is gone", "onPartialReply failed: late"]));
    expect(payloads).toEqual([{ text: "Hello" }]);
    expect(of("onAgentEvent")).not.toEqual([]);
    // Whether a part of it arrived, nobody knows.
    expect(hasDelivered).toBe(true);
  });
});
