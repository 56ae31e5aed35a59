// Results that are too long to show, of whatever tool. Called by the conversation behind all who may change a result; what it does with a long one
// is loaded then. Invariant: what one tool has another do comes to it whole.

import type { Artifacts } from "../../contracts/artifact.ts";
import type { RunningCall, ToolResult } from "../../contracts/tool.ts";

/** No text of so few characters is too long, or has too many lines. */
const shortLength = 2000;

export async function shownResult(call: RunningCall, result: ToolResult, artifacts: Artifacts): Promise<ToolResult> {
  const length = result.content.reduce((sum, block) => sum + (block.type === "text" ? block.text.length : 0), 0);
  if (length <= shortLength || call.parentToolCallId !== undefined) return result;
  const { boundedResult } = await import("../../tools/shared/long-result.ts");
  return boundedResult(result, call.name, artifacts);
}
