// Makes the chunks of the build for Node lighter to load. Called by build.mjs on the text of each. Invariant: what the text does stays the same.

/** In minified text a statement begins behind another one; nothing of ours spells one in a string. */
const builtinImport =
  /(?<=^|[;}\n]|\*\/)import ?(?:(\{[^{}"';]*\})|\*as ([\w$]+)|([\w$]+)(?:,(\{[^{}"';]*\}))?) ?from(["'])(node:[\w/]+)\5;?/g;

/**
 * Node's own modules by the direct way to them. An import by name makes Node look at all that the module exports, and what is loaded only
 * when it is looked at: of `node:fs` its promises, with streams, watchers and the line editor behind them.
 * @param {string} text of a chunk, minified
 */
export function builtinsAtHand(text) {
  /** @type {string[]} */
  const taken = [];
  const rest = text.replace(builtinImport, (_whole, names, space, whole, more, _quote, from) => {
    const listed = (names ?? more ?? "{}").slice(1, -1).split(",");
    const byName = listed.filter((one) => one !== "" && !one.startsWith("default as "));
    const bound = [
      ...[space, whole, ...listed.filter((one) => !byName.includes(one)).map((one) => one.slice("default as ".length))].filter(Boolean),
      ...(byName.length === 0 ? [] : [`{${byName.map((one) => one.replace(" as ", ":")).join(",")}}`]),
    ];
    taken.push(...bound.map((one) => `${one}=process.getBuiltinModule("${from}")`));
    return "";
  });
  return taken.length === 0 ? text : `const ${taken.join(",")};${rest}`;
}

/**
 * One character beyond Latin-1 makes the runtime keep the whole text in two bytes a character.
 * @param {string} text of a chunk: such characters stand in its strings and patterns alone
 */
export function plainAscii(text) {
  // Of these, what is written counts as well as what it means.
  if (text.includes("String.raw")) return text;
  return text.replace(/(?<!\\)[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
