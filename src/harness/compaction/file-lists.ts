// Which files the summarised part of a conversation read and changed. Pure. Called by compact and branch.
// Invariant: a file is in one list only, and what earlier summaries knew is never lost.

import type { FileOperations } from "../../contracts/extension-event.ts";
import type { Message } from "../../contracts/message.ts";
import { toolCallsOf } from "../../contracts/message.ts";
import type { FileLists } from "../../contracts/session-entry.ts";

/** `earlier`: lists of summaries that are themselves being summarised. Paths as the model gave them, sorted. */
export function collectFileLists(messages: readonly Message[], earlier: readonly FileLists[]): FileLists {
  const done = fileOperations(messages);
  const read = new Set([...earlier.flatMap((lists) => lists.readFiles), ...done.read]);
  const modified = new Set([...earlier.flatMap((lists) => lists.modifiedFiles), ...done.written, ...done.edited]);
  return { readFiles: [...read].filter((path) => !modified.has(path)).sort(), modifiedFiles: [...modified].sort() };
}

/** Of calls that did not fail. */
export function fileOperations(messages: readonly Message[]): FileOperations {
  const operations: FileOperations = { read: new Set(), written: new Set(), edited: new Set() };
  const byTool = new Map([
    ["read", operations.read],
    ["write", operations.written],
    ["edit", operations.edited],
  ]);
  const failed = new Set(messages.flatMap((message) => (message.role === "toolResult" && message.isError ? [message.toolCallId] : [])));
  for (const message of messages) {
    if (message.role !== "assistant") continue;
    for (const call of toolCallsOf(message)) {
      const { path } = call.arguments;
      if (typeof path === "string" && !failed.has(call.id)) byTool.get(call.name)?.add(path);
    }
  }
  return operations;
}

/** The lists in the `details` of an entry, where it has them. */
export function fileListsIn(details: unknown): FileLists {
  const lists = (typeof details === "object" && details !== null ? details : {}) as Partial<Record<keyof FileLists, unknown>>;
  return { readFiles: strings(lists.readFiles), modifiedFiles: strings(lists.modifiedFiles) };
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
}

/** The tags are those of the npm agent: either program reads the other's summaries. */
export function withFileLists(summary: string, { readFiles, modifiedFiles }: FileLists): string {
  const parts = [withoutFileLists(summary)];
  if (readFiles.length > 0) parts.push(`<read-files>\n${readFiles.join("\n")}\n</read-files>`);
  if (modifiedFiles.length > 0) parts.push(`<modified-files>\n${modifiedFiles.join("\n")}\n</modified-files>`);
  return parts.join("\n\n");
}

/** Lists at the end of a summary go: they come anew with the next one. */
export function withoutFileLists(summary: string): string {
  return summary.replace(/(?:(?<!\s)\s*<(read-files|modified-files)>\n(?:(?!<\/?(?:read|modified)-files>)[\s\S])*<\/\1>)+\s*$/, "").trim();
}
