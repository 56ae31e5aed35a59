import { existsSync, mkdirSync, readdirSync, rmSync, statSync, symlinkSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { clearCompiled, enableCompileCache } from "../../../src/platform/modules/compile-cache.ts";
import { startProgram } from "../../support/program.ts";
import { type TempTree, tempTree } from "../../support/temp-tree.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

test("compiled code is kept in an agent directory that is there, and makes none", () => {
  const agentDir = temporaryDirectory();
  const asked: string[] = [];
  enableCompileCache(agentDir, (directory) => asked.push(directory));
  enableCompileCache(join(agentDir, "absent"), (directory) => asked.push(directory));
  expect(asked).toEqual([join(agentDir, "cache", "compiled")]);
  expect(readdirSync(agentDir)).toEqual([]);
});

describe("behind a run", () => {
  const now = Date.parse("2026-06-01T12:00:00Z");
  const day = 24 * 3_600_000;
  const old = now - 31 * day;

  function kept(ages: Record<string, number>, clearedAt: number): { tree: TempTree; clear: (at: number) => void; left: () => string[] } {
    const tree = tempTree(Object.fromEntries(Object.keys(ages).map((name) => [`cache/compiled/${name}`, "code"])));
    for (const [name, at] of Object.entries(ages)) utimesSync(tree.at(`cache/compiled/${name}`), at / 1000, at / 1000);
    const directory = tree.at("cache/compiled");
    utimesSync(directory, clearedAt / 1000, clearedAt / 1000);
    const clear = (at: number): void => clearCompiled(tree.path, at);
    const left = (): string[] =>
      readdirSync(directory, { withFileTypes: true })
        .flatMap((one) => [
          one.name,
          ...(one.isDirectory() ? readdirSync(join(directory, one.name)).map((name) => join(one.name, name)) : []),
        ])
        .sort();
    return { tree, clear, left };
  }

  test("what Node made goes when it is old, and its directory with the last of it; all else stays", () => {
    const young = now - 29 * day;
    const { tree, clear, left } = kept(
      {
        "v24.21.0-x64-b7a1a5b4-0/0a1b2c3d": old,
        "v24.21.0-x64-b7a1a5b4-0/0a1b2c3e": young,
        "v24.21.0-x64-b7a1a5b4-0/notes.md": old,
        "v22.1.0-x64-1a5b4b7a-0/0a1b2c3d": old,
        "v22.1.0-x64-1a5b4b7a-0/0a1b2c3d.Xy12Zz": old,
        "mine/0a1b2c3d": old,
        "0a1b2c3d": old,
      },
      old,
    );
    tree.write("elsewhere/0a1b2c3d", "mine");
    utimesSync(tree.at("elsewhere/0a1b2c3d"), old / 1000, old / 1000);
    symlinkSync(tree.at("elsewhere"), tree.at("cache/compiled/v20.0.0-x64-00000000-0"));
    symlinkSync(tree.at("elsewhere/0a1b2c3d"), tree.at("cache/compiled/v24.21.0-x64-b7a1a5b4-0/ffffffff"));
    utimesSync(tree.at("cache/compiled"), old / 1000, old / 1000);
    clear(now);
    expect(left()).toEqual([
      "0a1b2c3d",
      "mine",
      "mine/0a1b2c3d",
      "v20.0.0-x64-00000000-0",
      "v24.21.0-x64-b7a1a5b4-0",
      "v24.21.0-x64-b7a1a5b4-0/0a1b2c3e",
      "v24.21.0-x64-b7a1a5b4-0/ffffffff",
      "v24.21.0-x64-b7a1a5b4-0/notes.md",
    ]);
    expect(existsSync(tree.at("elsewhere/0a1b2c3d"))).toBe(true);
  });

  test("once a day, and no more than so much of it at once", () => {
    const names = Array.from({ length: 501 }, (_, index) => `v22.1.0-x64-1a5b4b7a-0/${index.toString(16).padStart(8, "0")}`);
    const { clear, left } = kept(Object.fromEntries(names.map((name) => [name, old])), now - day / 2);
    clear(now);
    expect(left()).toHaveLength(502);
    clear(now + day);
    expect(left()).toHaveLength(2);
    clear(now + day + 1);
    expect(left()).toHaveLength(2);
    clear(now + 2 * day + 1);
    expect(left()).toEqual([]);
  });

  test("nothing fails where nothing is, or where something else is", () => {
    const { tree, clear } = kept({ "v22.1.0-x64-1a5b4b7a-0/0a1b2c3d": old }, old);
    rmSync(tree.at("cache/compiled"), { recursive: true });
    clear(now);
    expect(existsSync(tree.at("cache/compiled"))).toBe(false);
    tree.write("cache/compiled", "a file");
    clear(now);
    expect(existsSync(tree.at("cache/compiled"))).toBe(true);
  });
});

test.each(["node", "binary"] as const)("a run of the program as %s keeps it where its runtime can, and answers the same", async (way) => {
  const home = temporaryDirectory();
  const agentDir = join(home, ".pi", "agent");
  const run = () => startProgram({ way, args: ["-p", "--no-session", "--model", "demo", "hi"], cwd: home, env: { HOME: home } }).result;
  const first = await run();
  expect(first).toMatchObject({ status: 0, stderr: "" });
  expect(existsSync(agentDir)).toBe(false);
  mkdirSync(agentDir, { recursive: true });
  const ages = (): Record<string, number> => {
    const folder = join(agentDir, "cache", "compiled", `${process.version}-${process.arch}-scripts`);
    const names = existsSync(folder) ? readdirSync(folder) : [];
    return Object.fromEntries(names.map((name) => [name, statSync(join(folder, name)).mtimeMs]));
  };
  expect(await run()).toMatchObject({ status: 0, stderr: "", stdout: first.stdout });
  const kept = ages();
  // What every start reads, and what a run reads behind it.
  expect(Object.keys(kept)).toHaveLength(way === "node" ? 2 : 0);
  expect(await run()).toMatchObject({ status: 0, stderr: "", stdout: first.stdout });
  expect(ages()).toEqual(kept);
});
