// Notes what the tools of a session change: stands between them and files and commands. Loaded by the harness with the first change or command.
// Invariant: a run is never held up or failed by its journal: what cannot be noted is done all the same.

import type { FileOperations } from "../contracts/tool.ts";
import type { Env } from "../platform/paths.ts";
import { anyMode, type FileState, standingDirectory } from "./file-state.ts";
import { Journal } from "./journal.ts";
import { settlePending } from "./settle.ts";
import { changesSince, keepBefore, pendingDirectory, workTreeOf } from "./work-tree.ts";

export interface RecorderDeps {
  env: Env;
  /** Names the run under way. */
  run(): string;
}

export class ChangeRecorder {
  readonly #journal: Journal;
  readonly #deps: RecorderDeps;
  #settled: Promise<void> | undefined;

  constructor(sessionFile: string, deps: RecorderDeps) {
    this.#journal = new Journal(sessionFile);
    this.#deps = deps;
  }

  /** What a killed process has left open is settled before anything new is noted. */
  async #settleOld(): Promise<void> {
    this.#settled ??= settlePending(this.#journal, this.#deps.env);
    await this.#settled;
  }

  async write(path: string, data: Uint8Array | string, files: FileOperations): Promise<void> {
    await this.#note(async () => {
      await this.#settleOld();
      const real = await files.canonical(path);
      const before = await this.#journal.store.stateAt(real);
      const bytes = typeof data === "string" ? Buffer.from(data) : data;
      const hash = await this.#journal.store.keep(bytes);
      const mode = before.kind === "file" ? before.mode : anyMode;
      const after: FileState = { kind: "file", mode, size: bytes.length, ...(hash === undefined ? {} : { hash }) };
      this.#journal.append({ type: "change", run: this.#deps.run(), path: real, before, after, floor: standingDirectory(real) });
    });
    await files.writeAtomic(path, data);
  }

  async command<T>(cwd: string, run: () => Promise<T>): Promise<T> {
    const root = workTreeOf(cwd);
    if (root === undefined) return run();
    const id = crypto.randomUUID();
    const directory = pendingDirectory(this.#journal, id);
    const store = this.#journal.store;
    const deps = { env: this.#deps.env, store };
    const name = this.#deps.run();
    const isKept = await this.#note(async () => {
      await this.#settleOld();
      if (!(await keepBefore(root, directory, deps))) return false;
      this.#journal.append({ type: "pending", run: name, id });
      return true;
    });
    try {
      return await run();
    } finally {
      if (isKept === true) {
        await this.#note(async () => {
          const changes = await changesSince(directory, deps);
          this.#journal.append(...changes.map((change) => ({ type: "change" as const, run: name, ...change })), { type: "settled", id });
        });
      }
    }
  }

  async #note<T>(task: () => Promise<T>): Promise<T | undefined> {
    try {
      return await task();
    } catch {
      return undefined;
    }
  }
}
