// `PI_LOG=debug|FILE`: what a run does, one line each, on stderr or behind what the file holds. Called by run-mode where the variable is set.
// Invariant: names, sizes and times, but nothing that was said: no prompt, no argument, no output. A log that cannot be kept stops no run.

import { appendFileSync } from "node:fs";
import type { AgentEvent } from "../contracts/agent-event.ts";
import { messageOf } from "../contracts/error.ts";
import type { Outcome } from "../contracts/outcome.ts";
import { plainLine } from "../contracts/text/terminal-text.ts";
import { version } from "../contracts/version.ts";
import type { SessionHost } from "../harness/host/session-host.ts";
import type { Host } from "../platform/host.ts";
import { writeErrorLine } from "../platform/host.ts";
import { absolutePath } from "../platform/paths.ts";
import { appendWithoutWaiting } from "../platform/pipes/write-pipe.ts";

export interface EventLog {
  /** Of a session that has been opened. */
  follow(sessions: SessionHost): void;
  end(outcome: Outcome, exitStatus: number): void;
}

export function eventLog(target: string, host: Host, mode: string): EventLog {
  const startedMs = host.now();
  const path = target === "debug" ? undefined : absolutePath(target, host.cwd, host.homeDir);
  let isBroken = false;
  const write = (text: string): void => {
    const now = host.now();
    const line = `${new Date(now).toISOString()} +${now - startedMs}ms ${host.pid} ${plainLine(text)}`;
    if (path === undefined) writeErrorLine(line);
    if (path === undefined || isBroken) return;
    try {
      appendFileSync(path, `${line}\n`, { mode: 0o600, flag: appendWithoutWaiting as unknown as string });
    } catch (error) {
      isBroken = true;
      writeErrorLine(`pi: PI_LOG: ${path} cannot be written: ${messageOf(error)}`);
    }
  };
  write(`pi ${version} on ${host.runtime}, ${host.platform}; mode ${mode}, in ${host.cwd}`);
  return {
    follow: (sessions) => {
      const { session, conversation } = sessions.coding;
      write(`session ${session.id} in ${session.filePath ?? "memory"}; model ${conversation.model.provider}/${conversation.model.id}`);
      let count = 0;
      sessions.subscribe((event) => {
        count++;
        const text = described(event);
        if (text !== undefined) write(`#${count} ${text}`);
      });
    },
    end: ({ kind, code }, exitStatus) => write(`outcome ${kind}${code === undefined ? "" : ` (${code})`}, exit status ${exitStatus}`),
  };
}

/** Nothing for what comes too often to be read. */
function described(event: AgentEvent): string | undefined {
  switch (event.type) {
    case "message_update":
    case "tool_execution_update":
    case "message_start":
      return undefined;
    case "message_end": {
      const { message } = event;
      if (message.role !== "assistant") return `message of ${message.role}`;
      const { provider, model, stopReason, usage, errorMessage } = message;
      const failed = errorMessage === undefined ? "" : `: ${errorMessage}`;
      return `answer of ${provider}/${model}: ${stopReason}, ${usage.input} in, ${usage.cacheRead} cached, ${usage.output} out, $${usage.cost.total.toFixed(4)}${failed}`;
    }
    case "tool_execution_start":
      return `${event.toolName} begins (${event.toolCallId})`;
    case "tool_execution_end":
      return `${event.toolName} ${event.isError ? "fails" : "ends"} (${event.toolCallId})${event.durationMs === undefined ? "" : ` after ${event.durationMs} ms`}`;
    case "auto_retry_start":
      return `retry ${event.attempt} of ${event.maxAttempts} in ${event.delayMs} ms: ${event.errorMessage}`;
    case "compaction_start":
      return `compaction (${event.reason})`;
    default:
      return event.type;
  }
}
