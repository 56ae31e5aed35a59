// `PI_LOG=debug|off|FILE`: what a run does, one line each, on stderr or behind what the file holds. Called by run-mode where the variable is set.
// Invariant: names, sizes and times, but nothing that was said: no prompt, no argument, no output. A log that cannot be kept stops no run.

import { appendFileSync } from "node:fs";
import type { AgentEvent } from "../contracts/agent-event.ts";
import { messageOf } from "../contracts/error.ts";
import type { Outcome } from "../contracts/outcome.ts";
import { recordedIn, tellingBytes } from "../contracts/session-entry.ts";
import { isoTime } from "../contracts/text/iso-time.ts";
import { plainLine } from "../contracts/text/terminal-text.ts";
import { version } from "../contracts/version.ts";
import type { SessionHost } from "../harness/host/session-host.ts";
import { startOfFile } from "../platform/files/file-start.ts";
import type { Host } from "../platform/host.ts";
import { writeErrorLine } from "../platform/host.ts";
import { absolutePath } from "../platform/paths.ts";
import { appendWithoutWaiting } from "../platform/pipes/write-pipe.ts";

export interface EventLog {
  /** Of a session that has been opened. */
  follow(sessions: SessionHost): void;
  end(outcome: Outcome, exitStatus: number): void;
}

/** What other programs take in such a variable: levels and switches are no names of files. Everything here is told at one level. */
const shown = new Set(["debug", "info", "trace", "verbose", "all", "1", "true", "on", "yes", "stderr", "-"]);
const silent = new Set(["warn", "warning", "error", "fatal", "silent", "quiet", "none", "off", "0", "false", "no"]);

/** Nothing for what asks for no log. A file of such a name is `./debug`. */
function targetOf(said: string): "stderr" | { file: string } | undefined {
  const word = said.trim().toLowerCase();
  if (word === "" || silent.has(word)) return undefined;
  return shown.has(word) ? "stderr" : { file: said };
}

/** `said`: the variable's value; nothing where it asks for none. */
export function eventLog(said: string, host: Host, mode: string): EventLog | undefined {
  const startedMs = host.now();
  const target = targetOf(said);
  if (target === undefined) return undefined;
  const path = target === "stderr" ? undefined : absolutePath(target.file, host.cwd, host.homeDir);
  let isBroken = path !== undefined && recordedIn(startOfFile(path, tellingBytes)) === "session";
  if (isBroken) writeErrorLine(`pi: PI_LOG: ${path} holds a session; name another file`);
  const write = (text: string): void => {
    const now = host.now();
    const line = `${isoTime(now)} +${now - startedMs}ms ${host.pid} ${plainLine(text)}`;
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
