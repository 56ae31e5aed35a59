// Makes scripts of chunks of the build for Node: of a script the compiled code can be kept as it is after a run, of an ES module only as it is before
// (src/platform/modules/scripts-of-build). Called by build.mjs on chunks that are joined. Invariant: what a chunk does stays the same; what a script cannot be,
// the build refuses.

import { Script } from "node:vm";

/** In minified text a statement begins behind another one; nothing of ours spells one in a string. */
const importAtTop = /(?<=^|[;}\n]|\*\/)import ?(?:\{([^{}"']*)\}|\*as ([\w$]+))? ?(?:from ?)?(["'])((?:\.{1,2}\/)[^"']*)\3;?/g;
/** The bundler writes double quotes: what has others stands in a string. */
const laterImport = /\bimport\("([^"]+)"\)/g;
/** Of a module what has no place in a script; words in strings are none. */
const moduleWord =
  /(?<![\w$.])import ?\((?!').{0,40}|\bimport\.meta\b.{0,40}|(?<=^|[;}\n]|\*\/)(?:import(?: ?["'{*]| [\w$])|export(?: ?[{*]| [\w$])).{0,40}/;
const exportAtEnd = /(?<![\w$.])export ?\{([^{}]*)\};?\s*$/;

/**
 * A function as text, which gets the owner of the scripts and the address that the chunk has as a module, and gives what the chunk exports.
 * @param {string} text of a chunk, minified
 */
export function asScript(text) {
  const { body, exported } = withoutModuleWords(text);
  const given = exported.map(([own, name]) => (own === name ? own : `${name}:${own}`)).join(",");
  const script = `(function(scriptsOfBuild,moduleUrl){"use strict";${body}\nreturn{${given}}})`;
  // It is read as bytes.
  if (/[^\0-\x7f]/.test(script)) throw new Error("a script of the build holds more than ASCII");
  // It is not run here, only read.
  new Script(script);
  return script;
}

/** What a Node does that has no direct way to its modules: it could load nothing of the program. */
const tooOld =
  'process.exitCode=2;console.error("Error: Node "+process.version+" is too old for pi: install Node 20.18 or newer (of 21 and 22: 22.3 or newer)")';

/**
 * A module of its own that begins the program, as a file for `require`.
 * @param {string} text of the entry, minified
 * @param {string} owner the file that exports `scriptsOfBuild`
 */
export function asMainScript(text, owner) {
  const { body, exported } = withoutModuleWords(text.replace(/^#!.*\n/, ""));
  if (exported.length > 0) throw new Error("what begins the program exports something");
  const begun = `const{scriptsOfBuild}=require("${owner}");${body}`;
  return `#!/usr/bin/env node\n"use strict";if(process.getBuiltinModule===undefined){${tooOld}}else{${begun}}`;
}

/**
 * The module that stands in the chunk's place for who imports it.
 * @param {string} name of the chunk
 * @param {string} text of it, minified
 * @param {string} owner the file that exports `scriptsOfBuild`
 */
export function moduleOfScript(name, text, owner) {
  const { exported } = withoutModuleWords(text);
  const values = exported.map(([, as], at) => `e${at}=given.${as}`);
  const names = exported.map(([, as], at) => `e${at} as ${as}`);
  const lines = [`import owner from"${owner}";const given=owner.scriptsOfBuild.need("${name}")${values.map((one) => `,${one}`).join("")};`];
  return `${lines.join("")}export{${names.join(",")}};`;
}

/** @param {string} text */
function withoutModuleWords(text) {
  /** @type {string[]} */
  const needed = [];
  /** @type {[string, string][]} */
  let exported = [];
  const body = text
    .replace(exportAtEnd, (_whole, list) => {
      exported = pairs(list);
      return "";
    })
    .replace(importAtTop, (_whole, list, space, _quote, path) => {
      const from = `scriptsOfBuild.need("${path.slice(path.lastIndexOf("/") + 1)}")`;
      const bound = space ?? (list === undefined ? undefined : `{${pairs(list).map(([name, own]) => `${name}:${own}`)}}`);
      needed.push(bound === undefined ? `${from};` : `const ${bound}=${from};`);
      return "";
    })
    .replace(laterImport, (whole, path) => {
      if (path.startsWith("node:")) return `Promise.resolve().then(()=>process.getBuiltinModule("${path}"))`;
      return path.startsWith(".") ? `scriptsOfBuild.later("${path.slice(path.lastIndexOf("/") + 1)}")` : whole;
    })
    .replaceAll("import.meta.url", "moduleUrl")
    .replaceAll('process.getBuiltinModule("node:path")', "scriptsOfBuild.path");
  const left = moduleWord.exec(body);
  if (left !== null) throw new Error(`no script can hold ${left[0]}`);
  return { body: needed.join("") + body, exported };
}

/**
 * Names and what they are called, as an import or an export lists them.
 * @param {string} list
 * @returns {[string, string][]}
 */
function pairs(list) {
  return list
    .split(",")
    .map((one) => one.trim())
    .filter((one) => one !== "")
    .map((one) => {
      const [name = "", as = name] = one.split(/\s+as\s+/);
      return [name, as];
    });
}
