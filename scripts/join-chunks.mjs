// Joins the chunks of a split build that are loaded together into one file: each costs its own way through the module loader. Called by build.mjs.
// Invariant: every chunk keeps its name and its exports, so that whoever imports one, now or later, gets the same instances.

import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/**
 * @typedef {object} Output a file of the build, as the bundler's metafile tells of it
 * @property {Record<string, unknown>} [inputs] the sources that are in it
 * @property {{path: string, kind: string}[]} imports
 */

/**
 * The chunks that are loaded together with these sources, from there on.
 * @param {Record<string, Output>} outputs by path
 * @param {readonly string[]} sources
 * @returns {string[]} names of files
 */
export function chunksOf(outputs, sources) {
  const chunks = Object.entries(outputs);
  const found = new Set(
    sources.map((source) => {
      const chunk = chunks.find(([, { inputs = {} }]) => source in inputs);
      if (chunk === undefined) throw new Error(`no chunk of the build holds ${source}`);
      return chunk[0];
    }),
  );
  for (const path of found) {
    for (const { path: next, kind } of outputs[path]?.imports ?? []) if (kind === "import-statement" && next in outputs) found.add(next);
  }
  return [...found].filter((path) => basename(dirname(path)) === chunkFolder).map((path) => basename(path));
}

/** Where builds put what is no entry. */
export const chunkFolder = "chunks";

/**
 * @param {string} directory of the chunks
 * @param {readonly string[]} names of those to join
 * @param {string} joined name of the file that is made
 * @param {(entry: string, out: string) => void} bundle makes one file of an entry, leaving all other chunks where they are
 */
export function joinChunks(directory, names, joined, bundle) {
  const exported = new Map(names.map((name) => [name, exportsOf(readFileSync(join(directory, name), "utf8"))]));
  const all = [...exported.values()].flat();
  const twice = all.find((name, at) => all.indexOf(name) !== at);
  if (twice !== undefined) throw new Error(`two chunks export ${twice}`);
  const entry = join(directory, `entry-of-${joined}`);
  writeFileSync(entry, [...exported].map(([name, list]) => `export{${list.join(",")}}from"./${name}";\n`).join(""));
  bundle(entry, join(directory, joined));
  rmSync(entry);
  if (!existsSync(join(directory, joined))) throw new Error(`${joined} was not made`);
  for (const [name, list] of exported) writeFileSync(join(directory, name), `export{${list.join(",")}}from"./${joined}";\n`);
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
