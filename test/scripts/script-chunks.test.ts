// Chunks as scripts: they do what they did as modules, for scripts and for modules that import them; what a script cannot be is refused.

import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { loadedTogether } from "../../scripts/build.mjs";
import { asMainScript, asScript, moduleOfScript } from "../../scripts/script-chunks.mjs";
import { projectRoot } from "../support/program.ts";
import { tempTree } from "../support/temp-tree.ts";

/** An owner as the build's, with nothing kept. */
const owner = (names: readonly string[]): string => `
const {Script}=require("node:vm"),{readFileSync}=require("node:fs"),{pathToFileURL}=require("node:url"),loaded=new Map();
const at=(name)=>__dirname+"/chunks/"+name;
exports.scriptsOfBuild={
  path:{...require("node:path"),delimiter:"its own"},
  need(name){if(!loaded.has(name))loaded.set(name,new Script(readFileSync(at(name).replace(".mjs",".js"),"utf8")).runInThisContext()(this,pathToFileURL(at(name)).href));return loaded.get(name)},
  async later(name){return ${JSON.stringify(names)}.includes(name)?this.need(name):import(pathToFileURL(at(name)).href)}
};`;

function printed(file: string): string {
  const { stdout, stderr, status } = spawnSync(process.execPath, [file], { encoding: "utf8" });
  expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
  return stdout;
}

test("whoever imports a script, as a script, as a module or later, gets the one instance", () => {
  const chunks: Record<string, string> = {
    "state.mjs":
      "let count=0;function next(){return++count}const own=()=>count;function self(){return this===undefined}var where=import.meta.url.slice(-10);export{next,own as seen,where as $w,self as default};",
    "run.mjs":
      '/*! a licence */import{next as n,$w}from"./state.mjs";import*as all from"./state.mjs";import"./state.mjs";var kept=n();async function run(){let{rare:r}=await import("./rare.mjs"),{sep:s}=await import("node:path");return[kept,n(),r(),s.length,$w,all.default(),Object.keys(all)]}const says="import from, export {all} and import(\'x\')";\nexport{run,says};',
    "rare.mjs": 'import{next,seen}from"./state.mjs";import{says}from"./run.mjs";function rare(){return[next(),seen(),says]}export{rare};',
  };
  const main =
    '#!/usr/bin/env node\nimport{seen as s}from"./chunks/state.mjs";import("./chunks/run.mjs").then(async({run:r})=>console.log(JSON.stringify([s(),await r(),s()])));';
  const scripts = ["state.mjs", "run.mjs"];
  const asModules = tempTree({ "main.mjs": main, ...inChunks(chunks) });
  const asScripts = tempTree({
    "main.cjs": asMainScript(main, "./owner.cjs"),
    "owner.cjs": owner(scripts),
    ...inChunks({
      ...chunks,
      ...Object.fromEntries(scripts.map((name) => [name.replace(".mjs", ".js"), asScript(chunks[name] ?? "")])),
      ...Object.fromEntries(scripts.map((name) => [name, moduleOfScript(name, chunks[name] ?? "", "../owner.cjs")])),
    }),
  });
  const told = printed(asModules.at("main.mjs"));
  expect(JSON.parse(told)).toHaveLength(3);
  const sorted = (text: string): unknown => JSON.parse(text, (_key, value) => (isKeys(value) ? value.toSorted() : value));
  expect(sorted(printed(asScripts.at("main.cjs")))).toEqual(sorted(told));
});

const isKeys = (value: unknown): value is string[] => Array.isArray(value) && value.includes("seen");

function inChunks(files: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(files).map(([name, text]) => [`chunks/${name}`, text]));
}

test("on a Node that could load nothing of it the program says so in one line", () => {
  const tree = tempTree({ "old.cjs": "process.getBuiltinModule = undefined;" });
  const program = join(projectRoot, "dist/node/main.cjs");
  for (const words of [["--version"], ["-p", "hi"]]) {
    const { stdout, stderr, status } = spawnSync(process.execPath, ["--require", tree.at("old.cjs"), program, ...words], {
      encoding: "utf8",
    });
    expect({ stdout, status }).toEqual({ stdout: "", status: 2 });
    expect(stderr.split("\n")).toEqual([expect.stringMatching(`^Error: Node ${process.version} is too old for pi: .*20\\.18.*22\\.3`), ""]);
  }
});

test("a script has the owner's path in place of Node's", () => {
  const text = 'const{delimiter:a}=process.getBuiltinModule("node:path"),{EOL:b}=process.getBuiltinModule("node:os");export{a,b};';
  const tree = tempTree({
    "main.cjs": asMainScript('import{a,b}from"./chunks/state.mjs";console.log(JSON.stringify([a,b]));', "./owner.cjs"),
    "owner.cjs": owner(["state.mjs"]),
    ...inChunks({ "state.js": asScript(text) }),
  });
  expect(JSON.parse(printed(tree.at("main.cjs")))).toEqual(["its own", "\n"]);
});

test("a name that only begins like a word of modules stays", () => {
  const text = "class A{importMs=1;exportAs=2}importMs=3;exported=4;var importMs,exported;export{A};";
  expect(asScript(text)).toContain("importMs=3;exported=4;");
});

test.each([
  'import{a}from"package";export{a};',
  'import a from"./state.mjs";export{a};',
  'import"package";',
  "var a=1;export default a;",
  'export*from"./state.mjs";',
  "var a=import(name);export{a};",
  "var a=import(`./b.mjs`);export{a};",
  'var a=import("package");export{a};',
  "var a=import.meta.dirname;export{a};",
  "var a=await b;export{a};",
  'var a="ü";export{a};',
])("%s is no script", (text) => {
  expect(() => asScript(text)).toThrow();
});

test("what begins the program exports nothing", () => {
  expect(() => asMainScript("var a=1;export{a};", "./owner.cjs")).toThrow();
});

test("what the build's scripts give is there when they have run: whoever imports it takes it then", () => {
  const node = join(projectRoot, "dist/node");
  const tree = tempTree();
  const file = tree.write(
    "ask.cjs",
    `const{scriptsOfBuild}=require(${JSON.stringify(join(node, "scripts.cjs"))});
    console.log(JSON.stringify(${JSON.stringify(Object.keys(loadedTogether))}.map((name)=>{const given=scriptsOfBuild.need(name);return[name,Object.keys(given).length,Object.keys(given).filter((key)=>given[key]===undefined)]})));`,
  );
  for (const [name, count, missing] of JSON.parse(printed(file)) as [string, number, string[]][]) {
    expect(count, name).toBeGreaterThan(0);
    expect(missing, name).toEqual([]);
  }
  for (const name of Object.keys(loadedTogether)) expect(existsSync(join(node, "chunks", name.replace(".mjs", ".js")))).toBe(true);
});

test("no source exports what is given another value later", () => {
  const sources = readdirSync(join(projectRoot, "src"), { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
  expect(sources.filter((name) => /^export (?:let|var)\b/m.test(readFileSync(join(projectRoot, "src", name), "utf8")))).toEqual([]);
});
