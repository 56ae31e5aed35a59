// The log of a host's runs: JSON lines on stderr, or behind what a file holds (`PI_LOG_FILE`). Written by the router.
// Invariant: names, numbers and codes, without secrets; never a prompt or an answer. A log that cannot be kept stops no run.

import { appendFileSync } from "node:fs";
import { messageOf } from "../../contracts/error.ts";
import { isoTime } from "../../contracts/text/iso-time.ts";
import type { Redaction } from "./redaction.ts";

export interface RunLog {
  write(record: Readonly<Record<string, unknown>>): void;
}

export interface RunLogDeps {
  /** Absolute; nothing: stderr. */
  file: string | undefined;
  now(): number;
  redaction: Redaction;
  /** A line on stderr. */
  writeLine(line: string): void;
}

export function runLog({ file, now, redaction, writeLine }: RunLogDeps): RunLog {
  /** Since the last line that was kept. */
  let hasFailed = false;
  return {
    write: (record) => {
      const line = JSON.stringify(redaction.value({ time: isoTime(now()), ...record }));
      if (file === undefined) writeLine(line);
      if (file === undefined) return;
      try {
        // What was cut short is a line by itself.
        appendFileSync(file, `${hasFailed ? "\n" : ""}${line}\n`, { mode: 0o600 });
        hasFailed = false;
      } catch (error) {
        if (!hasFailed) writeLine(`pi: the log ${file} cannot be written: ${messageOf(error)}`);
        hasFailed = true;
      }
    },
  };
}
