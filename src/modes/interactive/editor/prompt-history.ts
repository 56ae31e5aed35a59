// What was sent before, over all sessions: one file of the agent directory, a line each. Owned by the composer. Invariants: nobody else can read it; it
// is appended to, so that several at a time lose nothing; bounded; no secret that is known goes into it; without it all goes on.

import { appendFileSync, closeSync, fstatSync, mkdirSync, openSync, readSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { liveSecrets } from "../../../platform/secrets.ts";

export const maxEntries = 10_000;
const maxReadBytes = 8 * 1024 * 1024;
const maxTextLength = 100_000;

interface Line {
  text: string;
  cwd: string;
}

export class PromptHistory {
  readonly #path: string;
  readonly #cwd: () => string;
  #lines: Line[] = [];
  #isRead = false;

  constructor(agentDir: string, cwd: () => string) {
    this.#path = join(agentDir, "prompt-history.jsonl");
    this.#cwd = cwd;
  }

  /** Those of this directory first, the newest first; each text once. */
  texts(): string[] {
    this.#read();
    const here = this.#cwd();
    const newest = [...this.#lines].reverse();
    return [...new Set([...newest.filter(({ cwd }) => cwd === here), ...newest.filter(({ cwd }) => cwd !== here)].map(({ text }) => text))];
  }

  add(text: string): void {
    this.#read();
    const line: Line = { text: liveSecrets.redact(text.slice(0, maxTextLength)), cwd: this.#cwd() };
    const last = this.#lines.at(-1);
    if (last?.text === line.text && last.cwd === line.cwd) return;
    this.#lines.push(line);
    try {
      mkdirSync(join(this.#path, ".."), { recursive: true });
      appendFileSync(this.#path, `${JSON.stringify(line)}\n`, { mode: 0o600 });
    } catch {
      // A directory that cannot be written to: what was sent is in this process still.
    }
  }

  #read(): void {
    if (this.#isRead) return;
    this.#isRead = true;
    const { text, isCut } = lastPart(this.#path);
    const lines = text.split("\n");
    if (isCut) lines.shift();
    this.#lines = lines.flatMap(lineOf);
    if (this.#lines.length > maxEntries * 1.2 || isCut) this.#shorten();
  }

  #shorten(): void {
    this.#lines = this.#lines.slice(-maxEntries);
    const building = `${this.#path}.${crypto.randomUUID().slice(0, 8)}.tmp`;
    try {
      writeFileSync(building, this.#lines.map((line) => `${JSON.stringify(line)}\n`).join(""), { mode: 0o600 });
      renameSync(building, this.#path);
    } catch {
      // It stays as long as it is.
    }
  }
}

function lineOf(text: string): Line[] {
  try {
    const line = JSON.parse(text) as Partial<Line> | null;
    return typeof line?.text === "string" && typeof line.cwd === "string" ? [{ text: line.text, cwd: line.cwd }] : [];
  } catch {
    return [];
  }
}

function lastPart(path: string): { text: string; isCut: boolean } {
  try {
    const descriptor = openSync(path, "r");
    try {
      const info = fstatSync(descriptor);
      if (!info.isFile()) return { text: "", isCut: false };
      const start = Math.max(0, info.size - maxReadBytes);
      const bytes = Buffer.alloc(info.size - start);
      const count = readSync(descriptor, bytes, 0, bytes.length, start);
      return { text: bytes.toString("utf8", 0, count), isCut: start > 0 };
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return { text: "", isCut: false };
  }
}
