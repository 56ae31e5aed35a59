// What the model is shown of a request: its prompt, with what the host says about it. Called by the runtimes.
// Invariant: the stranger's words are whole and unchanged in it.

import { scheduledLine } from "./context/prompt-parts.ts";
import type { RunRequest } from "./request.ts";

export function promptOf(request: RunRequest): string {
  if (request.isScheduledTask !== true) return request.prompt;
  const tool = request.extraTools?.find(({ sentText }) => sentText !== undefined)?.name;
  return `${scheduledLine(tool)}\n\n${request.prompt}`;
}
