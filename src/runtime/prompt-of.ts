// What the model is shown of a request: its prompt, with what the host says about it. Called by the runtimes.
// Invariant: the stranger's words are whole and unchanged in it.

import { clientResultsText } from "./bridge/client-tools.ts";
import { scheduledLine } from "./context/prompt-parts.ts";
import type { RunRequest } from "./request.ts";

export function promptOf(request: RunRequest): string {
  const tool = request.extraTools?.find(({ sentText }) => sentText !== undefined)?.name;
  const parts = [
    request.isScheduledTask === true ? scheduledLine(tool) : "",
    request.toolResults?.length ? clientResultsText(request.toolResults) : "",
    request.prompt,
  ];
  return parts.filter((part) => part !== "").join("\n\n");
}
