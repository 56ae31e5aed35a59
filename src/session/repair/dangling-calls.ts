// Finds the tool calls of a session that never got a result: what a crash in the middle of a call leaves. Called by check and repair.

import type { ToolCall } from "../../contracts/message.ts";
import { toolCallsOf } from "../../contracts/message.ts";
import type { AnyEntry } from "../../contracts/session-entry.ts";
import { isA } from "../../contracts/session-entry.ts";
import { noParent } from "../index/entry-table.ts";
import { decodeStored } from "../lines/salvage.ts";
import type { ExaminedFile } from "./examined-file.ts";

export interface DanglingCalls {
  /** Index of the assistant's entry. */
  at: number;
  calls: ToolCall[];
}

/** In file order. Failed and aborted answers are left out: their calls are never sent to a model again. */
export function danglingCalls(file: ExaminedFile): DanglingCalls[] {
  const { table } = file.index;
  const open = new Map<number, ToolCall[]>();
  const answers = new Set<number>();
  const results: { at: number; callId: string }[] = [];
  for (const { at, text } of file.entryTexts()) {
    const isAnswer = text.includes('"assistant"');
    if (!isAnswer && !text.includes('"toolResult"')) continue;
    const entry = decodeStored(text) as AnyEntry | undefined;
    if (!isA(entry, "message")) continue;
    const { message } = entry;
    if (message?.role === "toolResult") results.push({ at, callId: message.toolCallId });
    if (message?.role !== "assistant" || !Array.isArray(message.content)) continue;
    answers.add(at);
    const calls = toolCallsOf(message);
    if (calls.length > 0 && message.stopReason !== "error" && message.stopReason !== "aborted") open.set(at, calls);
  }
  for (const { at, callId } of results) {
    let answer = table.parentOf(at);
    while (answer !== noParent && !answers.has(answer)) answer = table.parentOf(answer);
    const calls = open.get(answer)?.filter((call) => call.id !== callId);
    if (calls !== undefined && calls.length === 0) open.delete(answer);
    else if (calls !== undefined) open.set(answer, calls);
  }
  return [...open].map(([at, calls]) => ({ at, calls }));
}
