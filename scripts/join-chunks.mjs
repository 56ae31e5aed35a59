// Joins the chunks of a split build that every run loads into one file: on Node each file costs its own way through the module loader. Called by
// build.mjs. Invariant: every chunk keeps its name and its exports, so that whoever imports one, now or later, gets the same instances.

import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";

/**
 * @typedef {object} Output a file of the build, as the bundler's metafile tells of it
 * @property {string} [entryPoint] the source it begins with
 * @property {{path: string, kind: string}[]} imports
 */

const joinedName = "core.mjs";

/**
 * The chunks that are loaded together with these sources, from there on.
 * @param {Record<string, Output>} outputs by path
 * @param {readonly string[]} sources
 * @returns {string[]} names of files
 */
export function chunksOf(outputs, sources) {
  const entries = Object.entries(outputs).filter(([, { entryPoint }]) => entryPoint !== undefined && sources.includes(entryPoint));
  const missing = sources.filter((source) => !entries.some(([, { entryPoint }]) => entryPoint === source));
  if (missing.length > 0) throw new Error(`no chunk of the build begins with ${missing.join(", ")}`);
  const found = new Set(entries.map(([path]) => path));
  for (const path of found) {
    for (const { path: next, kind } of outputs[path]?.imports ?? []) if (kind === "import-statement" && next in outputs) found.add(next);
  }
  return [...found].filter((path) => basename(path) !== "main.mjs").map((path) => basename(path));
}

/**
 * @param {string} directory of the chunks
 * @param {readonly string[]} names of those to join
 * @param {(entry: string, out: string) => void} bundle makes one file of an entry, leaving all other chunks where they are
 */
export function joinChunks(directory, names, bundle) {
  const exported = new Map(names.map((name) => [name, exportsOf(readFileSync(join(directory, name), "utf8"))]));
  const all = [...exported.values()].flat();
  const twice = all.find((name, at) => all.indexOf(name) !== at);
  if (twice !== undefined) throw new Error(`two chunks export ${twice}`);
  const entry = join(directory, "core-entry.mjs");
  writeFileSync(entry, [...exported].map(([name, list]) => `export{${list.join(",")}}from"./${name}";\n`).join(""));
  bundle(entry, join(directory, joinedName));
  rmSync(entry);
  if (!existsSync(join(directory, joinedName))) throw new Error(`${joinedName} was not made`);
  for (const [name, list] of exported) writeFileSync(join(directory, name), `export{${list.join(",")}}from"./${joinedName}";\n`);
}

/** @param {string} text of a chunk: minified, its exports in one list at the end */
function exportsOf(text) {
  const [, list] = /(?:^|[;\n}])export\s*\{([^{}]*)\};?\s*$/.exec(text) ?? [];
  if (list === undefined) return [];
  return list
    .split(",")
    .map((one) => one.trim().replace(/^.*\sas\s+/s, ""))
    .filter((name) => name !== "");
}
