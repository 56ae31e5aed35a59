// Results that are too long to show, of whatever tool: the last who is asked about a result. Made by start-session; what it does with a long one is
// loaded then. Invariant: what one tool has another do comes to it whole.

import type { Artifacts } from "../../contracts/artifact.ts";
import type { Interceptor } from "../../contracts/interceptor.ts";

/** No text of so few characters is too long, or has too many lines. */
const shortLength = 2000;

export function longResults(artifacts: Artifacts): Interceptor {
  return {
    name: "long results",
    toolResult: async (call, _args, result) => {
      const length = result.content.reduce((sum, block) => sum + (block.type === "text" ? block.text.length : 0), 0);
      if (length <= shortLength || call.parentToolCallId !== undefined) return result;
      const { boundedResult } = await import("../../tools/shared/long-result.ts");
      return boundedResult(result, call.name, artifacts);
    },
  };
}
