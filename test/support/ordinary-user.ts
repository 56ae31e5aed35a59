// The rights of an ordinary user, also where the suite is run by root, whom no directory and no file stops.

import { chownSync, lchownSync, readdirSync } from "node:fs";
import { join } from "node:path";

const nobody = 65_534;

/** `directory`, and all in it, becomes that user's. */
export function give(directory: string, id = nobody): void {
  if (process.getuid?.() !== 0) return;
  chownSync(directory, id, id);
  for (const name of readdirSync(directory, { recursive: true, encoding: "utf8" })) lchownSync(join(directory, name), id, id);
}

/** Modules that `work` needs have been loaded before: they may lie where only root can read. */
export async function asOrdinaryUser<T>(work: () => Promise<T> | T): Promise<T> {
  if (process.getuid?.() !== 0) return work();
  process.setegid?.(nobody);
  process.seteuid?.(nobody);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
    process.setegid?.(0);
  }
}
