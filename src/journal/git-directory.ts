// Where the repository of a work tree keeps its index and its configuration, found without starting git. Called by work-tree.
// Invariant: what lies there may be somebody else's; it is read in bounds, and nothing of it is run.

import { lstatSync } from "node:fs";
import { join, resolve } from "node:path";
import { readBoundedText } from "../platform/files/bounded-file.ts";

/** `.git` may be a file that leads there: in a submodule, in a second work tree. */
function gitDirectoryOf(root: string): string | undefined {
  const at = join(root, ".git");
  if (lstatSync(at, { throwIfNoEntry: false })?.isDirectory()) return at;
  const led = /^gitdir: (.+)$/m.exec(textAt(at))?.[1];
  return led === undefined ? undefined : resolve(root, led.trimEnd());
}

export function indexOf(root: string): string | undefined {
  const directory = gitDirectoryOf(root);
  return directory === undefined ? undefined : join(directory, "index");
}

/**
 * Whether git would start programs that the repository itself names, to compare a file or to write one out. Nobody has asked for that where a
 * command is only looked after, and a repository that was unpacked brings its configuration along. Those that the user has set up do run.
 */
export function namesPrograms(root: string): boolean {
  const directory = gitDirectoryOf(root);
  if (directory === undefined) return false;
  const shared = textAt(join(directory, "commondir")).trimEnd();
  const files = [join(resolve(directory, shared), "config"), join(directory, "config.worktree")];
  return files.some((file) => /^\s*\[\s*(filter|include|includeif)\b/im.test(textAt(file)));
}

function textAt(path: string): string {
  const read = readBoundedText(path);
  return read !== undefined && "text" in read ? read.text : "";
}
