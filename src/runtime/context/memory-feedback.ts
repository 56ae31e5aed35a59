// Tells a host that keeps memories how good a search was: what was looked for, what was found, what came of it. Called where a run begins, for
// hosts that want it. Invariant: once a run that has searched and answered; what the host makes of it changes nothing of the run.

import { messageOf } from "../../contracts/error.ts";
import { textOf } from "../../contracts/message.ts";
import type { MemoryFeedback } from "../request.ts";
import type { Run } from "../runtime.ts";

const searchTool = "memory_search";

/** Before the run has begun. Resolves when the host has been told, or there is nothing to tell; never rejects. */
export async function giveMemoryFeedback(run: Run, prompt: string, feedback: MemoryFeedback, warn: (line: string) => void): Promise<void> {
  const queries = new Map<string, string>();
  const found: { query: string; results: string }[] = [];
  run.subscribe((event) => {
    if (event.type === "tool_execution_start" && event.toolName === searchTool) {
      const { query } = event.args;
      queries.set(event.toolCallId, typeof query === "string" ? query : JSON.stringify(event.args));
    }
    if (event.type !== "tool_execution_end" || event.isError) return;
    const query = queries.get(event.toolCallId);
    if (query !== undefined) found.push({ query, results: textOf(event.result.content) });
  });
  const { outcome } = await run.result;
  if (found.length === 0 || outcome.kind !== "done") return;
  try {
    await feedback.evaluate({
      query: found.map(({ query }) => query).join("\n"),
      results: found.map(({ results }) => results).join("\n"),
      prompt,
      answer: outcome.text,
    });
  } catch (error) {
    warn(`The evaluation of a memory search failed: ${messageOf(error)}`);
  }
}
