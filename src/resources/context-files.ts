// Context files (AGENTS.md and kin): instructions that hold for a directory and all below it. Called by the harness for the system prompt.
// They need no trust. Invariant: at most one file a directory; the nearest to cwd comes last.

import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

export interface ContextFile {
  path: string;
  content: string;
}

const names = ["AGENTS.override.md", "AGENTS.md", "CLAUDE.md"] as const;

export function loadContextFiles(input: { agentDir: string; cwd: string }): ContextFile[] {
  const directories: string[] = [];
  for (let at = resolve(input.cwd); ; at = dirname(at)) {
    directories.unshift(at);
    if (dirname(at) === at) break;
  }
  const agentDir = resolve(input.agentDir);
  return [agentDir, ...directories.filter((one) => one !== agentDir)].flatMap((directory) => loadFrom(directory) ?? []);
}

function loadFrom(directory: string): ContextFile | undefined {
  for (const name of names) {
    const path = join(directory, name);
    try {
      return { path, content: readFileSync(path, "utf8").replace(/^\uFEFF/, "") };
    } catch {
      // Not there, no file, or not ours to read: the next name.
    }
  }
  return undefined;
}
