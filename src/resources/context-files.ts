// Context files (AGENTS.md and kin): instructions that hold for a directory and all below it. Called by the harness for the system prompt.
// They need no trust, so nothing but what is the repository's own is read. Invariant: at most one file a directory; the nearest to cwd comes last.

import { dirname, join, resolve } from "node:path";
import { RepositoryBoundary, readBoundedText, sizeNotice } from "../platform/files/bounded-file.ts";

export interface ContextFile {
  path: string;
  content: string;
}

export interface LoadedContextFiles {
  files: ContextFile[];
  warnings: string[];
}

const names = ["AGENTS.override.md", "AGENTS.md", "CLAUDE.md"] as const;

/** `warnings`: one line for what was left out, and for what is long. */
export function loadContextFiles(input: { agentDir: string; cwd: string }, boundary = new RepositoryBoundary(input)): LoadedContextFiles {
  const directories: string[] = [];
  for (let at = resolve(input.cwd); ; at = dirname(at)) {
    directories.unshift(at);
    if (dirname(at) === at) break;
  }
  const agentDir = resolve(input.agentDir);
  const loaded: LoadedContextFiles = { files: [], warnings: [] };
  // The user's own directory may hold links to wherever the user keeps things.
  loadFrom(agentDir, undefined, loaded);
  for (const directory of directories) if (directory !== agentDir) loadFrom(directory, boundary, loaded);
  return loaded;
}

function loadFrom(directory: string, boundary: RepositoryBoundary | undefined, { files, warnings }: LoadedContextFiles): void {
  for (const name of names) {
    const path = join(directory, name);
    const found = readBoundedText(path, { boundary });
    if (found === undefined) continue;
    if ("leftOut" in found) {
      warnings.push(found.leftOut);
      continue;
    }
    files.push({ path, content: found.text });
    warnings.push(...[sizeNotice(path, found.bytes)].filter((line) => line !== undefined));
    return;
  }
}
