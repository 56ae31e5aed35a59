// A long output on a disk that fills: the file is cut, the writer says why and goes on taking what comes.

import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { ArtifactFile } from "../../src/artifacts/artifact-file.ts";
import { canMount, mountDisk } from "../support/small-disk.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

test.runIf(canMount)("a full disk costs the file and is told; nothing is held open, and what comes behind is taken", () => {
  const directory = temporaryDirectory();
  const disk = mountDisk(directory, "size=64k");
  onTestFinished(() => disk.unmount());
  const openCount = (): number => readdirSync("/proc/self/fd").length;
  const before = openCount();
  for (let at = 0; at < 10; at++) {
    const file = new ArtifactFile(join(directory, `${at}.bash.log`), at);
    file.write(Buffer.alloc(1 << 20, "x"));
    expect(file.failure).toMatchObject({ code: "ENOSPC" });
    const { size } = statSync(file.path);
    disk.remount("size=128k");
    file.write(Buffer.from("more"));
    file.close();
    expect(statSync(file.path).size).toBe(size);
    file.discard();
    disk.remount("size=64k");
  }
  expect(readdirSync(directory)).toEqual([]);
  expect(openCount()).toBeLessThan(before + 5);
});
