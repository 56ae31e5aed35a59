// Large session files, made on the fly: for tests and for the benchmark. Deterministic.

import { closeSync, mkdirSync, openSync, utimesSync, writeSync } from "node:fs";
import { join } from "node:path";

export interface SessionShape {
  /** Default 100,000. */
  entries?: number;
  /** Bytes of a line, about. Default 560: 100,000 entries make 56 MB. */
  lineBytes?: number;
  /** `short`: the leaf hangs near the root, everything else is on other branches. `whole`: one chain. Default `short`. */
  activePath?: "short" | "whole";
  id?: string;
  cwd?: string;
}

const timestamp = "2026-01-01T00:00:00.000Z";
const entryId = (number: number): string => (Math.imul(number, 0x9e3779b1) >>> 0).toString(16).padStart(8, "0");

/** Entries at the end of the file that make the short active path, beside the three at its start. */
const shortPathEntries = 10;
/** In a file with a short path, every so many entries a new branch starts at the root. */
const branchLength = 1000;

/** Writes a session of user and assistant messages in turn. Returns its size in bytes. */
export function writeLargeSession(path: string, shape: SessionShape = {}): number {
  const { entries = 100_000, lineBytes = 560, activePath = "short", id = "large", cwd = "/project" } = shape;
  const descriptor = openSync(path, "w", 0o600);
  let size = 0;
  let text = `${JSON.stringify({ type: "session", version: 3, id, timestamp, cwd })}\n`;
  const flush = (): void => {
    size += writeSync(descriptor, text);
    text = "";
  };
  const [userLength, answerLength] = [180, 420].map((overhead) => Math.max(1, lineBytes - overhead));
  const filler = "All work and no play makes for a dull session. ".repeat(Math.ceil(lineBytes / 40));
  for (let number = 1; number <= entries; number++) {
    const parent = number === 1 ? undefined : parentOf(number, entries, activePath);
    text += head(number, parent);
    text +=
      number % 2 === 1
        ? `"message":{"role":"user","content":[{"type":"text","text":"${number} ${filler.slice(0, userLength)}"}],"timestamp":${number}}}\n`
        : `"message":{"role":"assistant","content":[{"type":"text","text":"${number} ${filler.slice(0, answerLength)}"}],${answerFields(number)}}}\n`;
    if (text.length > 1 << 20) flush();
  }
  flush();
  closeSync(descriptor);
  return size;
}

/** Sessions of one project, each with another time of change. Returns the directory. */
export function writeManySessions(root: string, count: number, entriesEach: number): string {
  const directory = join(root, "--project--");
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  for (let number = 0; number < count; number++) {
    const id = `session-${number.toString().padStart(5, "0")}`;
    const path = join(directory, `2026-01-01T00-00-00-000Z_${id}.jsonl`);
    writeLargeSession(path, { entries: entriesEach, activePath: "whole", id });
    utimesSync(path, 1_750_000_000 + number, 1_750_000_000 + number);
  }
  return directory;
}

function parentOf(number: number, entries: number, activePath: "short" | "whole"): number {
  if (activePath === "whole") return number - 1;
  const lastStart = entries - shortPathEntries + 1;
  if (number === lastStart || (number < lastStart && number % branchLength === 0)) return Math.min(3, number - 1);
  return number - 1;
}

function head(number: number, parent: number | undefined): string {
  const parentId = parent === undefined ? "null" : `"${entryId(parent)}"`;
  return `{"type":"message","id":"${entryId(number)}","parentId":${parentId},"timestamp":"${timestamp}",`;
}

function answerFields(number: number): string {
  const usage = `{"input":10,"output":5,"cacheRead":0,"cacheWrite":0,"totalTokens":15,"cost":{"input":0.001,"output":0.001,"cacheRead":0,"cacheWrite":0,"total":0.002}}`;
  return `"api":"scripted","provider":"test","model":"test-1","usage":${usage},"stopReason":"stop","timestamp":${number}`;
}
