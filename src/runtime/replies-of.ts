// The replies of one run. Called by the runtimes, where a run begins.

import type { ToolFacts } from "./hosted-run.ts";
import { parseDirectives } from "./replies/directives.ts";
import type { ReplyStream, RunRequest } from "./request.ts";

export async function repliesOf(_request: RunRequest, _facts: ToolFacts, _warn: (line: string) => void): Promise<ReplyStream> {
  return {
    take: () => undefined,
    tell: () => undefined,
    finish: async (text) => (text === "" ? [] : [parseDirectives(text)]),
    hasDelivered: false,
  };
}
