// What is being written, on disk: there again after an end that nobody asked for. Owned by the composer. Invariants: nobody else can read it; at most a
// second behind; a draft of a process that is still there is left alone; after an end that was asked for there is none.

import { mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readBoundedText } from "../../../platform/files/bounded-file.ts";
import { sha256Hex } from "../../../platform/files/sha256.ts";
import { processIsAlive, startOfProcess } from "../../../platform/processes/process-tree.ts";
import { liveSecrets } from "../../../platform/secrets.ts";

const behindMs = 500;
const maxBytes = 8 * 1024 * 1024;
const keptMs = 30 * 24 * 3600 * 1000;

export interface FoundDraft {
  text: string;
  writtenMs: number;
}

export class Draft {
  readonly #directory: string;
  readonly #pid: number;
  readonly #cwd: string;
  #timer: NodeJS.Timeout | undefined;
  #text: (() => string) | undefined;
  /** Whether there is a file of ours, as far as we know. */
  #isOnDisk = false;

  constructor(agentDir: string, cwd: string, pid: number) {
    this.#directory = join(agentDir, "drafts");
    this.#pid = pid;
    this.#cwd = cwd;
  }

  /** Left behind in this directory by a process that is gone; it is ours from then on. */
  take(): FoundDraft | undefined {
    let newest: (FoundDraft & { path: string }) | undefined;
    for (const name of namesIn(this.#directory)) {
      const [, place, pid, start] = /^([\da-f]{16})-(\d+)(?:-(\d+))?\.txt$/.exec(name) ?? [];
      if (place === undefined || this.#isAnothers(Number(pid), start)) continue;
      const path = join(this.#directory, name);
      const writtenMs = writtenAt(path);
      if (place !== this.#place) {
        if (Date.now() - writtenMs > keptMs) remove(path);
        continue;
      }
      const found = readBoundedText(path, { maxBytes });
      if (found !== undefined && "text" in found && writtenMs > (newest?.writtenMs ?? 0)) newest = { text: found.text, writtenMs, path };
    }
    if (newest === undefined) return undefined;
    if (newest.text.trim() !== "") this.#keep(newest.path);
    else remove(newest.path);
    return newest.text.trim() === "" ? undefined : { text: newest.text, writtenMs: newest.writtenMs };
  }

  /** Under our name: an end right behind the start loses nothing. */
  #keep(path: string): void {
    try {
      renameSync(path, this.#path);
      this.#isOnDisk = true;
    } catch {
      // A directory that cannot be written to: it is found again.
    }
  }

  /** Whether it is still being written by somebody else. Before we have written one, ours is of somebody who had our number before us, as in a container. */
  #isAnothers(pid: number, start: string | undefined): boolean {
    return pid !== this.#pid && processIsAlive(pid) && (start === undefined || start === startOfProcess(pid));
  }

  /** It has changed; what it is then is asked when it is written. */
  changed(text: () => string): void {
    this.#text = text;
    if (this.#isOnDisk || text().trim() !== "") this.#timer ??= setTimeout(() => this.save(), behindMs);
    // It was sent before it was written: there is nothing to do, and no reason to wake up for it.
    else this.#stopWaiting();
  }

  save(): void {
    this.#stopWaiting();
    const text = this.#text?.() ?? "";
    try {
      if (text.trim() === "") {
        remove(this.#path);
        this.#isOnDisk = false;
        return;
      }
      this.#isOnDisk = true;
      mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
      const building = `${this.#path}.tmp`;
      writeFileSync(building, liveSecrets.redact(text), { mode: 0o600 });
      renameSync(building, this.#path);
    } catch {
      // A directory that cannot be written to: the draft is on the screen still.
    }
  }

  /** The end was asked for. */
  drop(): void {
    this.#stopWaiting();
    remove(this.#path);
  }

  #stopWaiting(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  get #place(): string {
    return sha256Hex(Buffer.from(this.#cwd)).slice(0, 16);
  }

  get #path(): string {
    const start = startOfProcess(this.#pid);
    return join(this.#directory, `${this.#place}-${this.#pid}${start === undefined ? "" : `-${start}`}.txt`);
  }
}

/** 0 where that cannot be told. */
function writtenAt(path: string): number {
  try {
    return statSync(path).mtimeMs;
  } catch {
    return 0;
  }
}

function remove(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // A directory that cannot be written to: it is found again.
  }
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
