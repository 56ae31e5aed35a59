import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, expect, test } from "vitest";
import { privateDirectory, ripgrepAssets, ripgrepPath, ripgrepVersion } from "../../../src/platform/processes/ripgrep.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "pi-rg-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const program = new TextEncoder().encode("#!/bin/sh\necho mine\n");
const hash = createHash("sha256").update(program).digest("hex");
const assets: Record<string, Uint8Array> = {
  [ripgrepAssets.packed]: gzipSync(program),
  [ripgrepAssets.hash]: new TextEncoder().encode(hash),
};
const readAsset = (name: string): Uint8Array | undefined => assets[name];

test("from sources: the installed package's program, of the version we name", async () => {
  const path = await ripgrepPath({ cacheDirs: [], readAsset: () => undefined });
  expect(execFileSync(path, ["--version"], { encoding: "utf8" })).toMatch(/^ripgrep /);
  const manifest = JSON.parse(readFileSync(resolve(import.meta.dirname, "../../../package.json"), "utf8"));
  expect(manifest.dependencies["@vscode/ripgrep"]).toBe(ripgrepVersion);
});

/** What it says. Where another thread of the runner starts a program while ours is written, ours counts as open for writing until that has begun. */
async function said(path: string): Promise<string> {
  for (;;) {
    try {
      return execFileSync(path, { encoding: "utf8" });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ETXTBSY") throw error;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

test("embedded: unpacked once, whole, and runnable", async () => {
  const path = await ripgrepPath({ cacheDirs: [directory], readAsset });
  expect(await said(path)).toBe("mine\n");
  const { ino } = statSync(path);
  expect(await ripgrepPath({ cacheDirs: [directory], readAsset })).toBe(path);
  expect(statSync(path).ino).toBe(ino);
  for (const damage of ["damaged", "\0".repeat(program.length)]) {
    writeFileSync(path, damage);
    expect(await said(await ripgrepPath({ cacheDirs: [directory], readAsset }))).toBe("mine\n");
  }
  expect(readdirSync(join(path, ".."))).toEqual(["rg"]);
});

test("a build in which it is broken says so, and runs nothing", async () => {
  const broken = (name: string): Uint8Array | undefined => (name === ripgrepAssets.packed ? new Uint8Array(9) : assets[name]);
  await expect(ripgrepPath({ cacheDirs: [directory], readAsset: broken })).rejects.toMatchObject({ code: "tool.no_ripgrep" });
});

test("a cache that cannot be used, or that others can change, gives way to the next", async () => {
  writeFileSync(join(directory, "file"), "");
  mkdirSync(join(directory, "open", `ripgrep-${ripgrepVersion}-${process.platform}-${process.arch}`), { recursive: true });
  chmodSync(join(directory, "open", `ripgrep-${ripgrepVersion}-${process.platform}-${process.arch}`), 0o777);
  mkdirSync(join(directory, "linked"));
  symlinkSync(directory, join(directory, "linked", `ripgrep-${ripgrepVersion}-${process.platform}-${process.arch}`));
  const cacheDirs = ["file/x", "open", "linked", "good"].map((name) => join(directory, name));
  expect(await ripgrepPath({ cacheDirs, readAsset })).toContain(join(directory, "good"));
  await expect(ripgrepPath({ cacheDirs: cacheDirs.slice(0, 1), readAsset })).rejects.toMatchObject({ code: "tool.no_ripgrep" });
});

test("a private directory is made only where nobody else can move it away", () => {
  const shared = join(directory, "shared");
  mkdirSync(shared);
  chmodSync(shared, 0o777);
  if (process.getuid?.() === 0) {
    chownSync(shared, 54321, 54321);
    expect(privateDirectory(shared)).toBeUndefined();
    chmodSync(shared, 0o1777);
  }
  const made = privateDirectory(shared) ?? "";
  expect(statSync(made).mode & 0o777).toBe(0o700);
  expect(privateDirectory(shared)).toBe(made);
});
