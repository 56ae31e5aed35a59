// A copy that is whole or not there: beside its place first, then at it. Called where one that was cut short, by a full disk or a kill, would be
// taken for the file. Invariant: what has begun and failed leaves nothing.

import { copyFileSync, constants as fileConstants, renameSync, rmSync } from "node:fs";

/** Takes the place of whatever is there: who must not write over it looks first. Throws Node's errors. */
export function copyWhole(from: string, to: string): void {
  const temporary = `${to}.${crypto.randomUUID().slice(0, 8)}.tmp`;
  try {
    copyFileSync(from, temporary, fileConstants.COPYFILE_EXCL);
    renameSync(temporary, to);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}
