// Streams of Claude Code's records, written after its protocol (2.1, read in 2026-11). Used by the tests of its translation.

import type { ClaudeRecord } from "../../src/runtime/claude/child.ts";

const init: ClaudeRecord = {
  type: "system",
  subtype: "init",
  session_id: "s",
  model: "claude-sonnet-4-5",
  mcp_servers: [{ name: "pi", status: "connected" }],
};
const result = (text: string): ClaudeRecord => ({
  type: "result",
  subtype: "success",
  is_error: false,
  result: text,
  session_id: "s",
  total_cost_usd: 0.01,
});
const streamed = (event: object): ClaudeRecord => ({ type: "stream_event", event, parent_tool_use_id: null });
const message = (id: string): object => ({ id, model: "claude-sonnet-4-5", usage: { input_tokens: 10, output_tokens: 1 } });
const start = (id: string): ClaudeRecord => streamed({ type: "message_start", message: message(id) });
const stop: ClaudeRecord = streamed({ type: "message_stop" });
const whole = (id: string, block: object): ClaudeRecord => ({
  type: "assistant",
  message: { ...message(id), content: [block], stop_reason: null },
  parent_tool_use_id: null,
});
const text = (said: string): object => ({ type: "text", text: said });
const use = (id: string, name: string): object => ({ type: "tool_use", id, name, input: { command: "ls" } });
const results = (id: string, isError = false): ClaudeRecord => ({
  type: "user",
  message: { role: "user", content: [{ type: "tool_result", tool_use_id: id, content: "out", is_error: isError }] },
  parent_tool_use_id: null,
});

function streamedText(id: string, said: string): ClaudeRecord[] {
  return [
    start(id),
    streamed({ type: "content_block_start", index: 0, content_block: text("") }),
    ...(said.match(/.{1,4}/g) ?? []).map((piece) =>
      streamed({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text: piece } }),
    ),
    whole(id, text(said)),
    streamed({ type: "content_block_stop", index: 0 }),
    streamed({ type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 7 } }),
    stop,
  ];
}

const thoughtful: ClaudeRecord[] = [
  start("m1"),
  streamed({ type: "content_block_start", index: 0, content_block: { type: "thinking", thinking: "", signature: "" } }),
  streamed({ type: "content_block_delta", index: 0, delta: { type: "thinking_delta", thinking: "Hm." } }),
  streamed({ type: "content_block_delta", index: 0, delta: { type: "signature_delta", signature: "sig==" } }),
  streamed({ type: "content_block_stop", index: 0 }),
  ...streamedText("m1", "Hello there.")
    .slice(1)
    .map((record) => withIndex(record, 1)),
];

function withIndex(record: ClaudeRecord, index: number): ClaudeRecord {
  const event = record.event as { index?: number } | undefined;
  return event?.index === undefined ? record : { ...record, event: { ...event, index } };
}

function streamedUse(id: string, call: string, name: string): ClaudeRecord[] {
  return [
    start(id),
    streamed({ type: "content_block_start", index: 0, content_block: { type: "tool_use", id: call, name, input: {} } }),
    streamed({ type: "content_block_delta", index: 0, delta: { type: "input_json_delta", partial_json: '{"command":' } }),
    streamed({ type: "content_block_delta", index: 0, delta: { type: "input_json_delta", partial_json: '"ls"}' } }),
    whole(id, use(call, name)),
    streamed({ type: "content_block_stop", index: 0 }),
    streamed({ type: "message_delta", delta: { stop_reason: "tool_use" }, usage: { output_tokens: 5 } }),
    stop,
  ];
}

export const streams: Record<string, readonly ClaudeRecord[]> = {
  streamed: [init, ...thoughtful, result("Hello there.")],
  whole: [init, whole("m1", text("Hello.")), whole("m1", use("t1", "Bash")), results("t1"), whole("m2", text("Done.")), result("Done.")],
  builtIn: [
    init,
    ...streamedUse("m1", "t1", "Bash"),
    results("t1"),
    ...streamedUse("m2", "t2", "Write"),
    { type: "system", subtype: "permission_denied", tool_use_id: "t2" },
    results("t2", true),
    ...streamedText("m3", "Done."),
    result("Done."),
  ],
  troubled: [
    init,
    { type: "system", subtype: "api_retry", attempt: 1, max_retries: 3, retry_delay_ms: 10, error_status: 529 },
    ...streamedText("m1", "Half"),
    { type: "system", subtype: "status", status: "compacting" },
    { type: "system", subtype: "compact_boundary", compact_metadata: { trigger: "auto", pre_tokens: 9000, post_tokens: 800 } },
    init,
    ...streamedText("m2", "Whole."),
    result("Whole."),
  ],
  subagents: [
    init,
    ...streamedUse("m1", "t1", "Agent"),
    { type: "system", subtype: "task_started", task_id: "a" },
    { type: "assistant", message: { ...message("i1"), content: [text("inner words")] }, parent_tool_use_id: "t1" },
    { type: "system", subtype: "task_notification", task_id: "a" },
    results("t1"),
    ...streamedText("m2", "Done."),
    result("Done."),
  ],
  refused: [
    init,
    { type: "assistant", error: "api", message: { model: "<synthetic>", content: [text("API Error: 529")] }, parent_tool_use_id: null },
    { type: "result", subtype: "success", is_error: true, api_error_status: 529, result: "API Error: 529" },
  ],
};
