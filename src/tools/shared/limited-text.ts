// A list as a tool result within the two limits, with notes on what was left out. Used by grep, find and ls.

import { type ToolResult, textResult } from "../../contracts/tool.ts";
import { formatSize, maxBytes, truncateHead } from "./truncate.ts";

/** `details` stays absent when nothing was left out. */
export function limitedText(text: string, notes: readonly string[], details: Record<string, unknown>): ToolResult {
  const truncation = truncateHead(text);
  const allNotes = truncation.truncated
    ? [
        ...notes,
        truncation.truncatedBy === "bytes" ? `${formatSize(maxBytes)} limit reached` : `${truncation.outputLines} lines limit reached`,
      ]
    : notes;
  const allDetails = truncation.truncated ? { ...details, truncation } : details;
  const shown = allNotes.length === 0 ? truncation.content : `${truncation.content}\n\n[${allNotes.join(". ")}]`;
  return textResult(shown, Object.keys(allDetails).length === 0 ? undefined : allDetails);
}
