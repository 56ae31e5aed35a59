// Joins the chunks of a split build that are loaded together into one file: each costs its own way through the module loader. Called by build.mjs.
// Invariant: whoever imported one of the chunks, now or later, gets the same instances from the file in their place.

import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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
  for (const path of found) for (const next of loadedWith(outputs, path)) found.add(next);
  return [...found].filter(isChunk).map((path) => basename(path));
}

/**
 * The chunks that hold nothing and only give names to what is in chunks that are joined: what a lazy import gets of a module that others have, too.
 * @param {Record<string, Output>} outputs by path
 * @param {ReadonlySet<string>} joined names of files
 * @returns {string[]} names of files
 */
export function facadesOf(outputs, joined) {
  return Object.entries(outputs)
    .filter(([path, { inputs = {} }]) => isChunk(path) && Object.keys(inputs).length === 0 && !joined.has(basename(path)))
    .filter(([path]) => {
      const loaded = loadedWith(outputs, path);
      return loaded.length > 0 && loaded.every((next) => joined.has(basename(next)));
    })
    .map(([path]) => basename(path));
}

/**
 * @param {Record<string, Output>} outputs
 * @param {string} path
 */
function loadedWith(outputs, path) {
  const { imports = [] } = outputs[path] ?? {};
  return imports.flatMap(({ path: next, kind }) => (kind === "import-statement" && next in outputs ? [next] : []));
}

/** @param {string} path */
function isChunk(path) {
  return basename(dirname(path)) === chunkFolder;
}

/** Where builds put what is no entry. */
export const chunkFolder = "chunks";

/**
 * @param {object} what
 * @param {string} what.directory of the chunks
 * @param {readonly string[]} what.names of those to join
 * @param {readonly string[]} [what.facades] of what is in them
 * @param {readonly string[]} [what.importers] files beyond the directory that import chunks
 * @param {string} what.joined name of the file that is made
 * @param {(entry: string, out: string, others: string[]) => void} bundle makes one file of an entry, leaving all other chunks where they are
 */
export function joinChunks({ directory, names, facades = [], importers = [], joined }, bundle) {
  const pathOf = (name) => join(directory, name);
  const exported = names.map((name) => [name, exportsOf(readFileSync(pathOf(name), "utf8"))]);
  const all = exported.flatMap(([, list]) => list);
  const twice = all.find((name, at) => all.indexOf(name) !== at);
  if (twice !== undefined) throw new Error(`two chunks export ${twice}`);
  const spaces = new Map([...names, ...facades].map((name) => [name, `all_${name.replace(/\W/g, "_")}`]));
  const chunks = readdirSync(directory).filter((name) => name.endsWith(".mjs"));
  const others = chunks.filter((name) => !spaces.has(name)).map(pathOf);
  // What is joined has its parts at hand where it imported them later. Not by an import at the top: that would change who is run before whom.
  const shelf = `shelf-of-${joined}`;
  const asked = new Set();
  for (const name of spaces.keys()) {
    change(pathOf(name), (text) => {
      const changed = text.replace(laterImport, (whole, _quote, _way, part) => {
        const space = spaces.get(part);
        if (space === undefined) return whole;
        asked.add(part);
        return `Promise.resolve().then(()=>partsAtHand.${space}())`;
      });
      return changed === text ? text : `import{partsAtHand}from"./${shelf}";${changed}`;
    });
  }
  writeFileSync(pathOf(shelf), "export const partsAtHand={};\n");
  const entry = pathOf(`entry-of-${joined}`);
  // What a later import of a part gives is made when somebody asks: to make it for all of them takes a start longer than all it runs of them.
  const namesIn = (name) => exportsOf(readFileSync(pathOf(name), "utf8"));
  const own = (name, at) => `own_${spaces.get(name)}_${at}`;
  const spaceOf = (name) => `import{${namesIn(name).map((one, at) => `${one} as ${own(name, at)}`)}}from"./${name}";`;
  const madeOf = (name) => `()=>({${namesIn(name).map((one, at) => `get ${one}(){return ${own(name, at)}}`)}})`;
  const lines = [
    ...exported.map(([name, list]) => `export{${list.join(",")}}from"./${name}";\n`),
    ...facades.map((name) => `${spaceOf(name)}export const ${spaces.get(name)}=${madeOf(name)};\n`),
    `import{partsAtHand}from"./${shelf}";\n`,
    ...[...asked].map((name) => `${facades.includes(name) ? "" : spaceOf(name)}partsAtHand.${spaces.get(name)}=${madeOf(name)};\n`),
  ];
  writeFileSync(entry, lines.join(""));
  bundle(entry, pathOf(joined), others);
  if (!existsSync(pathOf(joined))) throw new Error(`${joined} was not made`);
  change(pathOf(joined), (text) => partsAsFunctions(text, asked));
  for (const path of [entry, ...[shelf, ...spaces.keys()].map(pathOf)]) rmSync(path);
  for (const path of [...others, ...importers]) change(path, (text) => redirected(text, names, facades, joined, spaces));
}

/**
 * What gives the parts, as functions, which are there before anything runs: hung on an object one by one, each makes it another kind of object.
 * @param {string} text minified
 * @param {ReadonlySet<string>} asked names of the parts
 */
function partsAsFunctions(text, asked) {
  const functions = new Map();
  const hung = /[\w$]+\.(all_\w+)=\(\)=>\((\{(?:get [\w$]+\(\)\{return [\w$]+\},?)*\})\)/g;
  const without = text.replace(hung, (_whole, name, made) => {
    functions.set(name, `function ${name}(){return${made}}`);
    return "0";
  });
  if (functions.size !== asked.size) throw new Error(`of ${asked.size} parts ${functions.size} were found`);
  // Of the same name, in another joined file: what that one exports.
  const called = without.replace(/[\w$]+\.(all_\w+)\(\)/g, (call, name) => (functions.has(name) ? `${name}()` : call));
  return called.replace(/export\s*\{[^{}]*\};?\s*$/, (list) => `${[...functions.values()].join("")}${list}`);
}

/**
 * @param {string} path
 * @param {(text: string) => string} how
 */
export function change(path, how) {
  const text = readFileSync(path, "utf8");
  const changed = how(text);
  if (changed !== text) writeFileSync(path, changed);
}

const laterImport = /\bimport\((["'])(\.{1,2}\/(?:[^"'/]+\/)*)([^"'/]+)\1\)/g;
const importAtTop = /(\bfrom|\bimport)(\s*)(["'])(\.{1,2}\/(?:[^"'/]+\/)*)([^"'/]+)\3/g;

/** What imported parts gets the file in their place. */
function redirected(text, names, facades, joined, spaces) {
  const atTop = text.replace(importAtTop, (whole, word, gap, _quote, way, name) =>
    names.includes(name) ? `${word}${gap}"${way}${joined}"` : whole,
  );
  return atTop.replace(laterImport, (whole, _quote, way, name) => {
    if (!spaces.has(name)) return whole;
    return `import("${way}${joined}")${facades.includes(name) ? `.then((parts)=>parts.${spaces.get(name)}())` : ""}`;
  });
}

/** @param {string} text of a chunk: minified, its exports in one list at the end */
function exportsOf(text) {
  const [, list] = /(?<![\w$.])export\s*\{([^{}]*)\};?\s*$/.exec(text) ?? [];
  if (list === undefined) return [];
  return list
    .split(",")
    .map((one) => one.trim().replace(/^.*\sas\s+/s, ""))
    .filter((name) => name !== "");
}
