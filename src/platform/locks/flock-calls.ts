// flock(2) of the C library, opened once a process. Loaded by lease, on Bun only, with the first file that is locked.

import { type CLibrary, openCLibrary } from "../bun-ffi.ts";

export interface LockCalls {
  flock(descriptor: number, operation: number): number;
  __errno_location(): number;
}

/** `undefined`: such calls cannot be made here. */
export const lockLibrary: Promise<CLibrary<LockCalls> | undefined> = openCLibrary<LockCalls>({
  flock: { args: ["i32", "i32"], returns: "i32" },
  __errno_location: { args: [], returns: "ptr" },
});
