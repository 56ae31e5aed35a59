// Session files made line by line, for tests that look at what becomes of them.

import type { Session } from "../../src/session/tree/session.ts";
import { Session as OpenSession } from "../../src/session/tree/session.ts";
import { tempTree } from "./temp-tree.ts";

export interface SessionLines {
  /** Adds an entry below the last one, or below another; returns its id. */
  add(type: string, fields: Record<string, unknown>, parentId?: string | null): string;
  user(content: unknown, parentId?: string | null): string;
  assistant(content: unknown, changes?: Record<string, unknown>, parentId?: string | null): string;
  result(toolCallId: string, text: unknown, changes?: Record<string, unknown>, parentId?: string | null): string;
  text(): string;
  /** In a directory that goes with the test. */
  open(name?: string): Promise<Session>;
}

export function sessionLines(header: Record<string, unknown> = {}): SessionLines {
  const startMs = Date.parse("2026-11-20T09:00:00.000Z");
  const lines: string[] = [
    JSON.stringify({ type: "session", version: 3, id: "s-1", timestamp: new Date(startMs).toISOString(), cwd: "/project", ...header }),
  ];
  let last: string | null = null;
  const made: SessionLines = {
    add: (type, fields, parentId) => {
      const id = lines.length.toString(16).padStart(8, "0");
      const timestamp = new Date(startMs + lines.length * 1000).toISOString();
      const entry = { type, id, parentId: parentId === undefined ? last : parentId, timestamp, ...fields };
      lines.push(JSON.stringify(entry));
      last = entry.id;
      return entry.id;
    },
    user: (content, parentId) => made.add("message", { message: { role: "user", content, timestamp: 1 } }, parentId),
    assistant: (content, changes = {}, parentId) => {
      const blocks = typeof content === "string" ? [{ type: "text", text: content }] : content;
      const message = { role: "assistant", content: blocks, provider: "p", model: "m-1", stopReason: "stop", timestamp: 2, ...changes };
      return made.add("message", { message }, parentId);
    },
    result: (toolCallId, text, changes = {}, parentId) => {
      const content = typeof text === "string" ? [{ type: "text", text }] : text;
      const message = { role: "toolResult", toolCallId, toolName: "bash", content, isError: false, timestamp: 3, ...changes };
      return made.add("message", { message }, parentId);
    },
    text: () => `${lines.join("\n")}\n`,
    open: async (name = "2026_s-1.jsonl") => OpenSession.open(tempTree({ [name]: made.text() }).at(name), { readOnly: true }),
  };
  return made;
}
