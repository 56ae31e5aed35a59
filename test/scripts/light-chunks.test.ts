// Chunks for Node that are lighter to load: the same program, without what an import of Node's modules by name brings along.

import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { builtinsAtHand, plainAscii } from "../../scripts/light-chunks.mjs";
import { temporaryDirectory } from "../support/temporary-directory.ts";

/** What it prints, of Node. */
function printed(text: string): string {
  const file = join(temporaryDirectory(), "chunk.mjs");
  writeFileSync(file, text);
  const { stdout, stderr, status } = spawnSync(process.execPath, [file], { encoding: "utf8" });
  expect(stderr).toBe("");
  expect(status).toBe(0);
  return stdout;
}

const say = "console.log(JSON.stringify(";

test.each<[string, string]>([
  ["names", `var a=1;import{join as j,sep}from"node:path";import{existsSync}from"node:fs";${say}[a,j("x","y"),sep,existsSync("/gone")]));`],
  ["the default", `import T from"node:path";${say}T.join("x","y")));`],
  ["the default by its name", `import{default as T,sep as s}from"node:path";${say}[T.sep,s]));`],
  ["all", `import*as all from"node:path";${say}all.join("x","y")));`],
  ["the default and names", `import T,{sep as s}from"node:path";${say}[T.sep,s]));`],
  ["used above its line", `${say}over()));function over(){return sep}import{sep}from"node:path";`],
  ["no last semicolon", `${say}[typeof sep]))\nimport{sep}from'node:path'`],
])("%s of a module of Node's are the same", (_what, text) => {
  const light = builtinsAtHand(text);
  expect(light).not.toContain("import");
  expect(printed(light)).toBe(printed(text));
});

test("what is no import of Node's stays", () => {
  for (const text of [
    `import{a}from"./start.mjs";import("node:fs");`,
    `export{sep}from"node:path";`,
    `const x='import{a}from"node:path";';`,
    `import{parse}from"smol-toml";`,
  ])
    expect(builtinsAtHand(text)).toBe(text);
});

test("characters beyond ASCII mean the same when they are written out", () => {
  const text = `const t=\`…\${"é"}\`;${say}["…×😀",t,/^[–…]+$/.test("–…"),/^\\p{L}😀$/u.test("ä😀"),"\\…"]));`;
  const plain = plainAscii(text);
  expect(plain.replace("\\…", "")).toMatch(/^[\0-\x7f]*$/);
  expect(printed(plain)).toBe(printed(text));
  const raw = `${say}String.raw\`…\`));`;
  expect(plainAscii(raw)).toBe(raw);
});
