// Who stores a picture and who clears the store meet at every step either of them takes: the picture that was asked for last is there.

import { readdirSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { BlobFiles } from "../../src/artifacts/blob-files.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

/** Called before each step on the disk. */
let beforeStep: ((name: string) => void) | undefined;

vi.mock("node:fs", async (original) => {
  const fs = await original<Record<string, unknown>>();
  const steps = [
    "openSync",
    "readSync",
    "closeSync",
    "writeSync",
    "fsyncSync",
    "linkSync",
    "lstatSync",
    "renameSync",
    "rmSync",
    "utimesSync",
    "unlinkSync",
  ];
  const watched = steps.map((name) => [
    name,
    (...args: unknown[]) => {
      beforeStep?.(name);
      return (fs[name] as (...args: unknown[]) => unknown)(...args);
    },
  ]);
  return { ...fs, ...Object.fromEntries(watched) };
});

const bytes = Buffer.alloc(2000, "picture");
const longAgo = 1000;

interface Met {
  store: BlobFiles;
  other: BlobFiles;
  hash: string;
  directory: string;
}

/** Does `outer`, and `inner` in front of one of its steps after the other; `check` looks at what has become of it. Gives how many steps there were. */
function atEveryStep(outer: (at: Met) => void, inner: (at: Met) => void, check: (at: Met, step: number) => void): number {
  for (let step = 1; ; step++) {
    const directory = join(temporaryDirectory(), "blobs");
    const met: Met = { directory, store: new BlobFiles(directory), other: new BlobFiles(directory), hash: "" };
    met.hash = met.store.put(bytes);
    utimesSync(join(directory, met.hash), longAgo, longAgo);
    let left = step;
    beforeStep = () => {
      if (--left !== 0) return;
      beforeStep = undefined;
      inner(met);
    };
    outer(met);
    beforeStep = undefined;
    if (left > 0) return step - 1;
    check(met, step);
  }
}

const clear = ({ store, hash }: Met): void => void store.remove(hash, Date.now() - 60_000);
const put = ({ other }: Met): void => void other.put(bytes);
const isThere = ({ store, hash, directory }: Met, step: number): void => {
  expect(Buffer.from(store.get(hash) ?? []).equals(bytes), `step ${step}`).toBe(true);
  expect(readdirSync(directory), `step ${step}`).toEqual([hash]);
};

describe("at every step", () => {
  test("of clearing, a picture that is put then stays", () => {
    expect(atEveryStep(clear, put, isThere)).toBeGreaterThan(2);
  });

  test("of putting, clearing takes nothing that was asked for", () => {
    expect(atEveryStep(put, clear, isThere)).toBeGreaterThan(3);
  });

  test("of two who put, one blob is there, whole", () => {
    expect(atEveryStep(({ store }) => void store.put(bytes), put, isThere)).toBeGreaterThan(3);
  });

  test("of two who clear, neither fails", () => {
    atEveryStep(
      clear,
      ({ other, hash }) => void other.remove(hash, Date.now() - 60_000),
      ({ store, hash }) => {
        expect(store.get(hash)).toBeUndefined();
      },
    );
  });

  test("of clearing, one that was put before can be read", () => {
    let reads = 0;
    atEveryStep(
      clear,
      (met) => {
        put(met);
        beforeStep = () => {
          const again = beforeStep;
          beforeStep = undefined;
          expect(met.other.get(met.hash)).toBeDefined();
          reads++;
          beforeStep = again;
        };
      },
      (met, step) => isThere(met, step),
    );
    expect(reads).toBeGreaterThan(2);
  });
});

test("a blob has its name only when its bytes are on the disk, and then the name is there, too", () => {
  const steps: string[] = [];
  beforeStep = (name) => void steps.push(name);
  new BlobFiles(join(temporaryDirectory(), "blobs")).put(bytes);
  beforeStep = undefined;
  expect(steps.filter((name) => ["writeSync", "fsyncSync", "linkSync"].includes(name))).toEqual([
    ...["writeSync", "fsyncSync", "linkSync", "fsyncSync"],
  ]);
});
