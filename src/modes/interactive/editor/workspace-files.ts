// The files that `@` can mean: what ripgrep finds below the working directory, ignore files obeyed, with the directories they lie in. Kept for a moment.
// Used by the completion. Invariant: bounded in time and number.

import { readdirSync } from "node:fs";
import { resolve } from "node:path";
import type { Env } from "../../../platform/paths.ts";
import { executeProgram } from "../../../platform/processes/exec-program.ts";
import { bundledRipgrep } from "../../../platform/processes/ripgrep.ts";

const keptMs = 10_000;
const timeoutMs = 5000;
const maxBytes = 16 * 1024 * 1024;
const maxFiles = 100_000;

export interface FilesPlace {
  cwd: string;
  homeDir: string;
  env: Env;
  agentDir: string;
  now(): number;
}

export class WorkspaceFiles {
  readonly #place: () => FilesPlace;
  #known: { cwd: string; atMs: number; files: Promise<readonly string[]> } | undefined;

  constructor(place: () => FilesPlace) {
    this.#place = place;
  }

  all(): Promise<readonly string[]> {
    const place = this.#place();
    const { cwd } = place;
    const now = place.now();
    if (this.#known === undefined || this.#known.cwd !== cwd || now - this.#known.atMs > keptMs) {
      this.#known = { cwd, atMs: now, files: found(place) };
    }
    return this.#known.files;
  }

  /** Names in a directory as it was typed; directories end in a slash. */
  list(typed: string): readonly string[] {
    const { cwd, homeDir } = this.#place();
    const directory = resolve(cwd, typed.startsWith("~/") ? `${homeDir}/${typed.slice(2)}` : typed);
    try {
      return readdirSync(directory, { withFileTypes: true })
        .slice(0, maxFiles)
        .map((entry) => `${entry.name}${entry.isDirectory() ? "/" : ""}`)
        .sort();
    } catch {
      return [];
    }
  }
}

async function found({ cwd, env, agentDir }: FilesPlace): Promise<readonly string[]> {
  const program = await bundledRipgrep(agentDir);
  const { stdout } = await executeProgram(program, ["--no-config", "--files", "--hidden", "--glob", "!.git"], {
    cwd,
    env,
    timeoutMs,
    maxBytes,
  });
  const files = stdout
    .split("\n")
    .filter((line) => line !== "")
    .slice(0, maxFiles)
    .sort();
  const directories = new Set<string>();
  for (const file of files) {
    for (let at = file.indexOf("/"); at > 0; at = file.indexOf("/", at + 1)) directories.add(file.slice(0, at + 1));
  }
  return [...directories, ...files];
}
