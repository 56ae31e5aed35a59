// Chunks that are joined: one file in their place, and the same instances for whoever imports one of them, now or later.

import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { bunPath } from "../../scripts/build.mjs";
import { chunksOf, facadesOf, joinChunks } from "../../scripts/join-chunks.mjs";
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

test("a facade gives names to what is joined, and holds nothing of its own", () => {
  const outputs = {
    "./main.mjs": { inputs: {}, imports: [statically("./chunks/a.mjs")] },
    "./chunks/names.mjs": { inputs: {}, imports: [statically("./chunks/a.mjs"), statically("./chunks/b.mjs")] },
    "./chunks/half.mjs": { inputs: {}, imports: [statically("./chunks/a.mjs"), statically("./chunks/rare.mjs")] },
    "./chunks/own.mjs": { inputs: { "own.ts": {} }, imports: [statically("./chunks/a.mjs")] },
    "./chunks/empty.mjs": { inputs: {}, imports: [] },
    "./chunks/a.mjs": { inputs: { "a.ts": {} }, imports: [] },
    "./chunks/b.mjs": { inputs: {}, imports: [statically("./chunks/a.mjs")] },
    "./chunks/rare.mjs": { inputs: { "rare.ts": {} }, imports: [] },
  };
  expect(facadesOf(outputs, new Set(["a.mjs", "b.mjs"]))).toEqual(["names.mjs"]);
});

test("whoever imports a part of what is joined, now or later, gets the one instance, and nothing runs earlier for it", () => {
  const directory = temporaryDirectory();
  const chunks = join(directory, "chunks");
  mkdirSync(chunks);
  const files = {
    "chunks/state.mjs":
      'let count=0;function next(){return++count}const own=()=>count;async function late(){const{told:t}=await import("./facade.mjs");const{run:r}=await import("./run.mjs");return[t(),typeof r]}export{next,own as seen,late};',
    // Runs code of the other at its top: it must have been run by then, although the other imports it later.
    "chunks/run.mjs":
      'import{next}from"./state.mjs";const own=["run",next()];async function run(){const{rare}=await import("./rare.mjs");return[own,next(),rare()]}/*! kept */export{run,own as e};',
    "chunks/facade.mjs": 'import{e}from"./run.mjs";import{seen}from"./state.mjs";const told=()=>[e,seen()];export{told};',
    "chunks/rare.mjs":
      'import{seen,next}from"./state.mjs";const own="rare";function rare(){return[own,seen(),next()]}async function later(){return(await import("./facade.mjs")).told()}export{rare,later};',
    "main.mjs":
      'import{run}from"./chunks/run.mjs";import{seen,late}from"./chunks/state.mjs";const{later}=await import("./chunks/rare.mjs");console.log(JSON.stringify([await run(),await late(),await later(),seen(),Object.keys(await import("./chunks/facade.mjs"))]));',
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
  const run = () => spawnSync(process.execPath, [join(directory, "main.mjs")], { encoding: "utf8" }).stdout;
  const before = run();
  expect(JSON.parse(before)).toEqual([[["run", 1], 2, ["rare", 2, 3]], [[["run", 1], 3], "function"], [["run", 1], 3], 3, ["told"]]);
  const parts = { directory: chunks, names: ["state.mjs", "run.mjs"], facades: ["facade.mjs"], importers: [join(directory, "main.mjs")] };
  joinChunks({ ...parts, joined: "core.mjs" }, (entry, out, others) => {
    expect(others).toEqual([join(chunks, "rare.mjs")]);
    const outside = others.flatMap((path) => ["--external", path]);
    const made = spawnSync(bunPath(), ["build", entry, ...outside, "--target=node", "--minify", `--outfile=${out}`], { encoding: "utf8" });
    expect(made.stderr).toBe("");
  });
  expect(run()).toBe(before);
  expect(readdirSync(chunks).sort()).toEqual(["core.mjs", "rare.mjs"]);
});

test("two chunks that export one name are not joined", () => {
  const directory = temporaryDirectory();
  for (const name of ["a.mjs", "b.mjs"]) writeFileSync(join(directory, name), "const x=1;export{x};");
  expect(() => joinChunks({ directory, names: ["a.mjs", "b.mjs"], joined: "core.mjs" }, () => {})).toThrow("two chunks export x");
});
