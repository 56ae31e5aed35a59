// Where a work tree is, and where its repository keeps index and configuration, found without starting git. Called by work-tree, the recorder, and
// the harness.
// Invariant: what lies there may be somebody else's; it is read in bounds, and nothing of it is run.

import { existsSync, lstatSync, realpathSync, statfsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { readBoundedText } from "../platform/files/bounded-file.ts";

/** The work tree that a directory lies in; found without starting anything. */
export function workTreeOf(directory: string): string | undefined {
  let at: string;
  try {
    at = realpathSync(directory);
  } catch {
    return undefined;
  }
  for (;;) {
    if (existsSync(join(at, ".git"))) return at;
    const parent = dirname(at);
    if (parent === at) return undefined;
    at = parent;
  }
}

/** An index as long as that of some 10,000 files: a comparison takes long enough to be felt. */
const largeIndexBytes = 1 << 20;
/** File systems that have the clock of this machine: ext, xfs, btrfs, overlay, tmpfs, zfs, f2fs. */
const localFileSystems = new Set([0xef53, 0x58465342, 0x9123683e, 0x794c7630, 0x01021994, 0x2fc12fc1, 0xf2f52010]);

/** Of a work tree, by its index or a copy of it. */
export function isLarge(index: string | undefined): boolean {
  return index !== undefined && index !== "" && (lstatSync(index, { throwIfNoEntry: false })?.size ?? 0) >= largeIndexBytes;
}

/** Whether it is worth while to look at a tree before it is certain that anybody has to, and safe: times of files can be held against ours. */
export function paysToLookAhead(root: string): boolean {
  if (!isLarge(indexOf(root))) return false;
  try {
    return localFileSystems.has(statfsSync(root).type >>> 0);
  } catch {
    return false;
  }
}

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
  return files.some((file) => /^[^\S\n]*\[\s*(filter|include|includeif)\b/im.test(textAt(file)));
}

function textAt(path: string): string {
  const read = readBoundedText(path);
  return read !== undefined && "text" in read ? read.text : "";
}
