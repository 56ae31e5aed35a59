// Reading the fields of records that another program wrote: what is not of the shape that is looked for is nothing. Used by the files beside it. Pure.

import type { UserContent } from "../../contracts/message.ts";
import type { TokenCounts } from "../../contracts/usage.ts";
import type { ClaudeRecord } from "./child.ts";

export function fieldsOf(value: unknown): ClaudeRecord {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as ClaudeRecord) : {};
}

export function listOf(value: unknown): readonly ClaudeRecord[] {
  return Array.isArray(value) ? value.map(fieldsOf) : [];
}

export function textIn(fields: ClaudeRecord, name: string): string | undefined {
  const value = fields[name];
  return typeof value === "string" ? value : undefined;
}

export function numberIn(fields: ClaudeRecord, name: string): number | undefined {
  const value = fields[name];
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

/** Of a message of the service. */
export function countsOf(value: unknown): TokenCounts {
  const usage = fieldsOf(value);
  return {
    input: numberIn(usage, "input_tokens") ?? 0,
    output: numberIn(usage, "output_tokens") ?? 0,
    cacheRead: numberIn(usage, "cache_read_input_tokens") ?? 0,
    cacheWrite: numberIn(usage, "cache_creation_input_tokens") ?? 0,
  };
}

/** A tool's result as it stands in a user message. */
export function contentOf(value: unknown): UserContent[] {
  if (typeof value === "string") return [{ type: "text", text: value }];
  return listOf(value).flatMap((block): UserContent[] => {
    const text = textIn(block, "text");
    if (block.type === "text" && text !== undefined) return [{ type: "text", text }];
    const source = fieldsOf(block.source);
    const data = textIn(source, "data");
    if (block.type !== "image" || data === undefined) return [];
    return [{ type: "image", data, mimeType: textIn(source, "media_type") ?? "image/png" }];
  });
}
