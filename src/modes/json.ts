// JSON mode: the session header, then every event as one line. Called by cli/main.
// Invariant: records only, LF-terminated, `seq` from 1 without gaps; a slow reader slows the run.

import type { AgentEvent } from "../contracts/agent-event.ts";
import type { Outcome } from "../contracts/outcome.ts";
import type { SessionHost } from "../harness/host/session-host.ts";
import type { Host } from "../platform/host.ts";
import { EventEncoder } from "./event-encoder.ts";
import type { ModePrompt } from "./print.ts";
import { runPrompts } from "./print.ts";

export async function runJson(
  sessions: SessionHost,
  prompts: readonly ModePrompt[],
  host: Host,
  isStopped: () => boolean,
): Promise<Outcome> {
  const encoder = new EventEncoder();
  void host.stdout.write(`${JSON.stringify(sessions.coding.session.header)}\n`);
  const unsubscribe = sessions.subscribe((event: AgentEvent) => host.stdout.write(encoder.encode(event)));
  try {
    return await runPrompts(sessions, prompts, isStopped, "json");
  } finally {
    unsubscribe();
  }
}
