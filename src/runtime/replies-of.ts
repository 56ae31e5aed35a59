// The replies of one run: what its request asks for, over what is known of its tools. Called by the runtimes, where a run begins.

import type { ToolFacts } from "./hosted-run.ts";
import { createReplyStream } from "./replies/reply-stream.ts";
import type { ReplyStream, RunRequest } from "./request.ts";

/** Rejects with `usage.bad_value` for chunking that cannot be done. */
export async function repliesOf(request: RunRequest, facts: ToolFacts, warn: (line: string) => void): Promise<ReplyStream> {
  return createReplyStream({
    replies: request.replies ?? {},
    verbosity: request.verbosity,
    isReasoningOn: request.thinking !== "off",
    sentText: (tool, args) => facts.sentText(tool, args),
    warn,
  });
}
