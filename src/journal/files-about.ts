// Which files a command line may be about: what it names, and what lies in directories that it names or works in. Called by work-tree right before
// such a command. Invariant: a guess that costs milliseconds; nothing is followed into a directory below those.

import { readdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { lookAt } from "./file-state.ts";

const maxWords = 500;
const maxFiles = 2000;

/** Absolute paths of what is there. */
export function filesAbout(line: string, cwd: string): string[] {
  const directories = new Set([cwd]);
  const words = line.split(/[\s'"`;|&<>()=,:{}$\0]+/, maxWords);
  const bases = [cwd, ...words.map((word) => resolve(cwd, word)).filter(isDirectory)];
  for (const base of bases) {
    directories.add(base);
    for (const word of words) if (word.includes("/")) directories.add(dirname(resolve(base, word)));
  }
  const files: string[] = [];
  for (const directory of directories) {
    for (const name of namesIn(directory)) if (files.length < maxFiles) files.push(join(directory, name));
    if (files.length >= maxFiles) break;
  }
  return files;
}

function isDirectory(path: string): boolean {
  try {
    return lookAt(path)?.isDirectory() === true;
  } catch {
    return false;
  }
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => (entry.isFile() ? [entry.name] : []));
  } catch {
    return [];
  }
}
