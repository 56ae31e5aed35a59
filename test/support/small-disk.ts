// A disk of its own for a test, small enough to be filled. Needs root; tests that use it run where `canMount` says so.

import { execFileSync } from "node:child_process";
import { closeSync, mkdirSync, mkdtempSync, openSync, rmdirSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface SmallDisk {
  path: string;
  /** To the last byte. */
  fill(): void;
  /** Room again. */
  free(): void;
  remount(options: string): void;
  unmount(): void;
}

/** `options` of a tmpfs: `size=64k`, `ro`. */
export function mountDisk(path: string, options: string): SmallDisk {
  mkdirSync(path, { recursive: true });
  execFileSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", path], { stdio: "pipe" });
  const filler = join(path, "filler");
  return {
    path,
    fill: () => fillUp(filler),
    free: () => rmSync(filler),
    remount: (more) => void execFileSync("mount", ["-o", `remount,${more}`, path]),
    unmount: () => void execFileSync("umount", ["-l", path]),
  };
}

function fillUp(path: string): void {
  const descriptor = openSync(path, "a");
  try {
    for (const block = Buffer.alloc(4096); ; ) writeSync(descriptor, block);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
  } finally {
    closeSync(descriptor);
  }
}

export const canMount: boolean = process.getuid?.() === 0 && mountWorks();

function mountWorks(): boolean {
  const directory = mkdtempSync(join(tmpdir(), "pi-disk-"));
  try {
    mountDisk(directory, "size=64k").unmount();
    return true;
  } catch {
    return false;
  } finally {
    rmdirSync(directory);
  }
}
