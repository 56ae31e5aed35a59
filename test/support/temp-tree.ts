// A directory that goes with the test: files by relative path, contents as text.

import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";

export interface TempTree {
  path: string;
  /** Absolute path of something inside. */
  at(...parts: string[]): string;
  write(relativePath: string, content: string): string;
}

export function tempTree(files: Record<string, string> = {}): TempTree {
  const path = realpathSync(mkdtempSync(join(tmpdir(), "pi-test-")));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  const tree: TempTree = {
    path,
    at: (...parts) => join(path, ...parts),
    write: (relativePath, content) => {
      const file = join(path, relativePath);
      mkdirSync(dirname(file), { recursive: true });
      // As the program writes its own: what holds keys is the user's alone.
      writeFileSync(file, content, { mode: relativePath.startsWith("agent/") ? 0o600 : 0o666 });
      return file;
    },
  };
  for (const [relativePath, content] of Object.entries(files)) tree.write(relativePath, content);
  return tree;
}
