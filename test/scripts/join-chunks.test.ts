// Chunks that are joined: one file in their place, and the same instances for whoever imports one of them, now or later.

import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { bunPath } from "../../scripts/build.mjs";
import { chunksOf, joinChunks } from "../../scripts/join-chunks.mjs";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const statically = (path: string) => ({ path, kind: "import-statement" });
const later = (path: string) => ({ path, kind: "dynamic-import" });

test("the chunks of a source are those that are loaded with it, not those that may be later", () => {
  const outputs = {
    "./main.mjs": { inputs: { "main.ts": {} }, imports: [statically("./chunks/a.mjs")] },
    "./chunks/run-1.mjs": {
      inputs: { "run.ts": {} },
      imports: [statically("./chunks/a.mjs"), later("./chunks/rare.mjs"), statically("node:fs")],
    },
    "./chunks/a.mjs": { inputs: { "shared.ts": {}, "words.ts": {} }, imports: [statically("./chunks/b.mjs")] },
    "./chunks/b.mjs": { imports: [] },
    "./chunks/rare.mjs": { inputs: { "rare.ts": {} }, imports: [statically("./chunks/c.mjs")] },
    "./chunks/c.mjs": { imports: [] },
  };
  expect(chunksOf(outputs, ["run.ts"]).sort()).toEqual(["a.mjs", "b.mjs", "run-1.mjs"]);
  expect(chunksOf(outputs, ["main.ts", "words.ts"]).sort()).toEqual(["a.mjs", "b.mjs"]);
  expect(() => chunksOf(outputs, ["run.ts", "gone.ts"])).toThrow("gone.ts");
});

test("what is joined keeps names, state and what it loads later", () => {
  const directory = temporaryDirectory();
  const files = {
    "state.mjs": "let count=0;function next(){return++count}const own=()=>count;export{next,own as seen};",
    "run.mjs":
      'import{next}from"./state.mjs";const own="run";async function run(){next();const{rare}=await import("./rare.mjs");return[own,next(),rare()]}\nexport{run};',
    "rare.mjs": 'import{seen,next}from"./state.mjs";const own="rare";function rare(){return[own,seen(),next()]}export{rare};',
    "main.mjs": 'import{run}from"./run.mjs";import{seen}from"./state.mjs";console.log(JSON.stringify([await run(),seen()]));',
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
  const run = () => spawnSync(process.execPath, [join(directory, "main.mjs")], { encoding: "utf8" }).stdout;
  const before = run();
  expect(JSON.parse(before)).toEqual([["run", 2, ["rare", 2, 3]], 3]);
  const outside = ["rare.mjs", "main.mjs"].flatMap((name) => ["--external", join(directory, name)]);
  joinChunks(directory, ["state.mjs", "run.mjs"], "core.mjs", (entry, out) => {
    const made = spawnSync(bunPath(), ["build", entry, ...outside, "--target=node", "--minify", `--outfile=${out}`], { encoding: "utf8" });
    expect(made.stderr).toBe("");
  });
  expect(run()).toBe(before);
  expect(readFileSync(join(directory, "run.mjs"), "utf8")).toBe('export{run}from"./core.mjs";\n');
});

test("two chunks that export one name are not joined", () => {
  const directory = temporaryDirectory();
  for (const name of ["a.mjs", "b.mjs"]) writeFileSync(join(directory, name), "const x=1;export{x};");
  expect(() => joinChunks(directory, ["a.mjs", "b.mjs"], "core.mjs", () => {})).toThrow("two chunks export x");
});
