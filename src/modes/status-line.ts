// The one live line on stderr while print mode works on a terminal: turn, tool, time, tokens, cost. Called by print.
// Invariant: gone at the end; never written into a pipe.

import type { AgentEvent } from "../contracts/agent-event.ts";
import { plainText } from "../contracts/text/plain.ts";
import type { SessionHost } from "../harness/host/session-host.ts";
import type { Host } from "../platform/host.ts";

const refreshMs = 200;

/** Shows the line while `run` runs. */
export async function withStatusLine<T>(
  sessions: Pick<SessionHost, "subscribe">,
  host: Pick<Host, "stderr" | "now">,
  run: () => Promise<T>,
): Promise<T> {
  const startedAt = host.now();
  let turn = 0;
  let tool = "";
  let tokens = 0;
  let cost = 0;
  const draw = (): void => {
    const seconds = Math.floor((host.now() - startedAt) / 1000);
    const parts = [`turn ${Math.max(turn, 1)}`, tool === "" ? "thinking" : tool, elapsed(seconds)];
    if (tokens > 0) parts.push(`${tokens} tokens`);
    if (cost > 0) parts.push(`$${cost.toFixed(4)}`);
    void host.stderr.write(
      `\r\x1b[2K\x1b[2m${plainText(parts.join(" · "))
        .replace(/\s+/g, " ")
        .slice(0, host.stderr.columns - 1)}\x1b[0m`,
      "drawn",
    );
  };
  const unsubscribe = sessions.subscribe((event: AgentEvent) => {
    if (event.type === "turn_start") turn++;
    else if (event.type === "tool_execution_start") tool = event.toolName;
    else if (event.type === "tool_execution_end") tool = "";
    else if (event.type === "message_end" && event.message.role === "assistant") {
      tokens += event.message.usage.totalTokens;
      cost += event.message.usage.cost.total;
    } else if (event.type === "auto_retry_start") tool = `waiting to retry (${event.attempt}/${event.maxAttempts})`;
    else if (event.type === "compaction_start") tool = "compacting";
    else if (event.type === "agent_start" || event.type === "compaction_end") tool = "";
  });
  const timer = setInterval(draw, refreshMs);
  draw();
  try {
    return await run();
  } finally {
    clearInterval(timer);
    unsubscribe();
    void host.stderr.write("\r\x1b[2K", "drawn");
    await host.stderr.flush();
  }
}

function elapsed(seconds: number): string {
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
