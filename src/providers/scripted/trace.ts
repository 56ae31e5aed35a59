// Recorded model calls as JSON lines: written by `--record`, replayed by `--model scripted/<file>`.
// Invariant: a trace holds stream events and their delays, never a header, a key or a request.
//
//   {"type":"trace","version":1}
//   {"type":"call","model":"anthropic/claude-…"}            a model call begins
//   {"type":"event","delayMs":12,"event":{…StreamEvent}}    what came, and how long after the one before
//   {"type":"cut","delayMs":5}                              the connection breaks here
//   {"type":"hang"}                                         nothing more ever comes

import { PiError } from "../../contracts/error.ts";
import type { StreamEvent } from "../../contracts/stream-event.ts";

export const traceVersion = 1;

export type TraceStep = { type: "event"; delayMs?: number; event: StreamEvent } | { type: "cut"; delayMs?: number } | { type: "hang" };

/** The calls of a trace, each a list of steps. Throws `config.bad_trace` naming file and line. */
export function parseTrace(text: string, path: string): TraceStep[][] {
  const calls: TraceStep[][] = [];
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    const record = parseLine(line, path, index + 1);
    if (record.type === "trace") {
      if (record.version !== traceVersion) throw badTrace(path, index + 1, `version ${String(record.version)} is not ${traceVersion}`);
    } else if (record.type === "call") calls.push([]);
    else if (record.type === "event" || record.type === "cut" || record.type === "hang") {
      const current = calls.at(-1);
      if (!current) throw badTrace(path, index + 1, `${record.type} before the first call`);
      if (record.type === "event" && typeof (record.event as StreamEvent | undefined)?.type !== "string") {
        throw badTrace(path, index + 1, "an event without a type");
      }
      current.push(record as unknown as TraceStep);
    } else throw badTrace(path, index + 1, `unknown type ${JSON.stringify(record.type)}`);
  }
  if (calls.length === 0) throw badTrace(path, 1, "no call in it");
  return calls;
}

function parseLine(line: string, path: string, lineNumber: number): { type: string; [field: string]: unknown } {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === "object" && value !== null && "type" in value) return value as { type: string };
  } catch {
    // Answered below, with the place.
  }
  throw badTrace(path, lineNumber, "not a JSON object with a type");
}

function badTrace(path: string, lineNumber: number, what: string): PiError {
  return new PiError("config.bad_trace", `Trace ${path}, line ${lineNumber}: ${what}`, { hint: "Record one with --record FILE" });
}
