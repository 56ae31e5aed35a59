// The branch that a directory's work tree is on, read and not asked git for. Called by the footer. Invariant: bounded; nothing where there is none.

import { existsSync, lstatSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { readBoundedText } from "../files/bounded-file.ts";

const maxBytes = 4096;

export function gitBranch(directory: string): string {
  for (let at = directory; ; at = dirname(at)) {
    const git = join(at, ".git");
    if (existsSync(git)) return branchOf(git);
    if (at === dirname(at)) return "";
  }
}

function branchOf(git: string): string {
  const head = textOf(join(gitDirectory(git), "HEAD")).trim();
  const branch = /^ref: refs\/heads\/(.+)$/.exec(head)?.[1];
  return branch ?? (/^[\da-f]{7,}$/.test(head) ? head.slice(0, 7) : "");
}

/** A further work tree has a file that says where. */
function gitDirectory(git: string): string {
  if (lstatSync(git, { throwIfNoEntry: false })?.isFile() !== true) return git;
  const to = /^gitdir: (.+)$/m.exec(textOf(git))?.[1];
  return to === undefined ? git : resolve(dirname(git), to);
}

function textOf(path: string): string {
  const found = readBoundedText(path, { maxBytes });
  return found !== undefined && "text" in found ? found.text : "";
}
