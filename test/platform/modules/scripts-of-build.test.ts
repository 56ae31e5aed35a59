// Scripts of the build for Node: each run once, and what was compiled of them used again as long as it is whole and of the same text.

import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { ScriptsOfBuild } from "../../../src/platform/modules/scripts-of-build.ts";
import { type TempTree, tempTree } from "../../support/temp-tree.ts";

const folderName = `${process.version}-${process.arch}-scripts`;
const now = Date.parse("2026-06-01T12:00:00Z");

/** Long enough to be worth keeping; says of itself how much of it was compiled when it was loaded. */
const long = `(function(scripts,url){"use strict";let count=0;${Array.from({ length: 120 }, (_, at) => `function f${at}(a){let b=a+${at};for(const c of [a,b])b+=c;return b}`).join(";")}
return{get next(){return()=>++count},get url(){return url},get calls(){return()=>f1(1)+f2(2)+f3(3)},get other(){return scripts.need("other.mjs")}}})`;

function build(texts: Record<string, string> = {}): {
  tree: TempTree;
  open: (agent?: string) => ScriptsOfBuild;
  kept: (hash?: string) => string;
} {
  const scripts = { "long.mjs": long, "other.mjs": '(function(){"use strict";return{get own(){return "other"}}})', ...texts };
  const hashes = Object.fromEntries(Object.keys(scripts).map((name, at) => [name, `0000000${at}`]));
  const tree = tempTree({
    ...Object.fromEntries(Object.entries(scripts).map(([name, text]) => [`chunks/${name.replace(".mjs", ".js")}`, text])),
    "agent/config.toml": "",
  });
  return {
    tree,
    open: (agent = "agent") =>
      new ScriptsOfBuild({
        folder: tree.at("chunks"),
        hashes,
        agentDir: () => tree.at(agent),
        importModule: async (url) => ({ imported: url }),
      }),
    kept: (hash = "00000000") => tree.at(`agent/cache/compiled/${folderName}/${hash}`),
  };
}

function callAll(scripts: ScriptsOfBuild): number {
  const { calls } = scripts.need("long.mjs") as { calls(): number };
  return calls();
}

test("a script is run once, for whoever needs it now or later, and knows where it lies", async () => {
  const { open, tree } = build();
  const scripts = open();
  const given = scripts.need("long.mjs") as { next(): number; url: string; other: unknown };
  expect([given.next(), (await scripts.later("long.mjs")) === given, given.next()]).toEqual([1, true, 2]);
  expect(given.url).toBe(`file://${tree.at("chunks/long.mjs")}`);
  expect(given.other).toEqual({ own: "other" });
  expect(await scripts.later("rare.mjs")).toEqual({ imported: `file://${tree.at("chunks/rare.mjs")}` });
  expect(() => scripts.need("rare.mjs")).toThrow("rare.mjs");
});

test("what was called is kept with the script, behind a run that ended well, for the owner alone", () => {
  const { open, kept } = build();
  const first = open();
  first.need("long.mjs");
  first.keep(now, false);
  expect(existsSync(kept())).toBe(false);
  first.keep(now, true);
  const uncalled = statSync(kept()).size;
  expect(statSync(kept()).mode & 0o777).toBe(0o600);
  const { open: again, kept: there } = build();
  const second = again();
  expect(callAll(second)).toBe(30);
  second.keep(now, true);
  expect(statSync(there()).size).toBeGreaterThan(uncalled + 500);
  second.need("other.mjs");
  second.keep(now, true);
  // So little is compiled as soon as it is read.
  expect(existsSync(there("00000001"))).toBe(false);
  // Of the next run it is not made anew.
  const before = readFileSync(there());
  const third = again();
  expect(callAll(third)).toBe(30);
  third.keep(now, true);
  expect(readFileSync(there())).toEqual(before);
});

test("what is a day old is made anew, with what was called since", () => {
  const { open, kept } = build();
  const first = open();
  first.need("long.mjs");
  first.keep(now, true);
  const before = statSync(kept()).size;
  const yesterday = Date.now() / 1000 - 25 * 3600;
  utimesSync(kept(), yesterday, yesterday);
  const second = open();
  callAll(second);
  second.keep(now, true);
  expect(statSync(kept()).size).toBeGreaterThan(before + 500);
});

test("a run that goes on keeps what its start called, before the runtime forgets it", () => {
  vi.useFakeTimers({ toFake: ["setTimeout"] });
  onTestFinished(() => void vi.useRealTimers());
  const { open, kept } = build();
  const service = open();
  callAll(service);
  vi.advanceTimersByTime(9_000);
  expect(existsSync(kept())).toBe(false);
  vi.advanceTimersByTime(1_000);
  expect(existsSync(kept())).toBe(true);
});

const damages: [string, (path: string) => void][] = [
  ["a byte in the middle is another", (path) => change(path, (bytes) => (bytes[bytes.length >> 2] = (bytes[bytes.length >> 2] ?? 0) ^ 16))],
  [
    "a byte of the second half is another",
    (path) => change(path, (bytes) => (bytes[bytes.length - 9] = (bytes[bytes.length - 9] ?? 0) ^ 1)),
  ],
  ["all is zero", (path) => change(path, (bytes) => bytes.fill(0))],
  ["its end is zero", (path) => change(path, (bytes) => bytes.fill(0, 4096))],
  ["its end is missing", (path) => truncateSync(path, 5001)],
  ["half is missing", (path) => truncateSync(path, statSync(path).size / 2)],
  ["nothing is in it", (path) => truncateSync(path, 0)],
  ["it is a text", (path) => writeFileSync(path, "hello ".repeat(1000))],
];

function change(path: string, how: (bytes: Buffer) => void): void {
  const bytes = readFileSync(path);
  how(bytes);
  writeFileSync(path, bytes);
}

test.each(damages)("kept code of which %s is not used and made anew", (_what, damage) => {
  const { open, kept } = build();
  const first = open();
  callAll(first);
  first.keep(now, true);
  const whole = statSync(kept()).size;
  damage(kept());
  const second = open();
  expect(callAll(second)).toBe(30);
  second.keep(now, true);
  expect(statSync(kept()).size).toBeGreaterThan(whole / 2);
  const bytes = readFileSync(kept());
  expect(bytes.subarray(0, bytes.length / 2).equals(bytes.subarray(bytes.length / 2))).toBe(true);
});

test("code that was kept of a longer text is not used", () => {
  const { open, kept, tree } = build();
  const first = open();
  callAll(first);
  first.keep(now, true);
  tree.write("chunks/long.js", long.replace("f1(1)", "f1(100)"));
  expect(callAll(open())).toBe(327);
  expect(existsSync(kept())).toBe(true);
});

test("nothing is made where no agent directory is, and nothing waits or fails for what lies in the way", () => {
  const { open, kept, tree } = build();
  const homeless = open("absent");
  callAll(homeless);
  homeless.keep(now, true);
  expect(existsSync(tree.at("absent"))).toBe(false);
  const pipes = build();
  pipes.tree.write(`agent/cache/compiled/${folderName}/note`, "");
  if (spawnSync("mkfifo", [pipes.kept()]).status === 0) {
    const scripts = pipes.open();
    expect(callAll(scripts)).toBe(30);
    scripts.keep(now, true);
  }
  // A folder stands where the file should: what was to take its place goes again.
  const taken = build();
  taken.tree.write(`agent/cache/compiled/${folderName}/00000000/note`, "");
  const folder = taken.open();
  callAll(folder);
  folder.keep(now, true);
  expect(readdirSync(join(taken.kept(), ".."))).toEqual(["00000000"]);
  tree.write("agent/cache/compiled", "a file");
  const blocked = open();
  expect(callAll(blocked)).toBe(30);
  blocked.keep(now, true);
  expect(readFileSync(tree.at("agent/cache/compiled"), "utf8")).toBe("a file");
  expect(existsSync(join(kept(), ".."))).toBe(false);
});
