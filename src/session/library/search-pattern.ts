// What is searched for: the expression that decides, and bytes that every line with a match must hold, so that few lines are decoded.
// Called by search-session. Invariant: a line without those bytes has no match.

import { messageOf, PiError } from "../../contracts/error.ts";

export interface SearchPattern {
  /** Without `g`: `exec` gives the first match in a line. */
  expression: RegExp;
  /** ASCII that stands in a line as it is, however its JSON was written; `undefined`: every line has to be decoded. */
  needle: string | undefined;
  ignoresCase: boolean;
}

/** Text, or `/expression/flags` unless `isFixed`. @throws PiError `usage.bad_pattern` */
export function parsePattern(text: string, options: { ignoreCase?: boolean; isFixed?: boolean } = {}): SearchPattern {
  if (text === "")
    throw new PiError("usage.bad_pattern", "There is nothing to search for", { hint: "Give a text or a /regular expression/." });
  const parts = options.isFixed ? null : /^\/(.+)\/([imsuy]*)$/s.exec(text);
  const [, source = "", flags = ""] = parts ?? [];
  const ignoresCase = options.ignoreCase === true || flags.includes("i");
  if (parts === null) {
    const expression = new RegExp(text.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&"), ignoresCase ? "i" : "");
    return { expression, needle: longestPlain(text), ignoresCase };
  }
  try {
    const expression = new RegExp(source, [...new Set(`${flags.replace("y", "")}${ignoresCase ? "i" : ""}`)].join(""));
    return { expression, needle: requiredText(source), ignoresCase };
  } catch (error) {
    throw new PiError("usage.bad_pattern", `${text} is no regular expression: ${messageOf(error)}`, {
      hint: "With --fixed-strings it is searched for as it stands.",
      cause: error,
    });
  }
}

/** The longest run of characters that no JSON writer escapes. */
function longestPlain(text: string): string | undefined {
  const runs = text.match(/[ !#-%(-.0-;=?-[\]-~]+/g) ?? [];
  return longest(runs);
}

/** Text that every match of an expression holds, as far as that can be told without much ado. */
function requiredText(source: string): string | undefined {
  if (source.includes("|")) return undefined;
  const runs: string[] = [];
  let run = "";
  let depth = 0;
  const endRun = (): void => {
    runs.push(run);
    run = "";
  };
  for (let at = 0; at < source.length; at++) {
    const character = source[at] ?? "";
    if (character === "\\") {
      const escaped = source[++at] ?? "";
      if (depth === 0 && /[^\w\s]/.test(escaped)) run += escaped;
      else {
        endRun();
        // What follows \x, \u, \c, \k or \p belongs to it.
        if (/[a-z0-9]/i.test(escaped) && !/[dDwWsSbBnrtfv]/.test(escaped)) return longest(runs.flatMap((one) => longestPlain(one) ?? []));
      }
    } else if (character === "[") {
      endRun();
      for (at++; at < source.length && source[at] !== "]"; at++) if (source[at] === "\\") at++;
    } else if (character === "(" || character === ")") {
      endRun();
      depth += character === "(" ? 1 : -1;
    } else if (depth > 0) {
      // What stands in a group may be left out of a match.
    } else if (character === "*" || character === "?" || character === "{") {
      run = run.slice(0, -1);
      endRun();
      if (character === "{") at = Math.max(at, source.indexOf("}", at));
    } else if (character === "+" || character === "." || character === "^" || character === "$") endRun();
    else run += character;
  }
  endRun();
  return longest(runs.flatMap((one) => longestPlain(one) ?? []));
}

function longest(texts: readonly string[]): string | undefined {
  return texts.toSorted((a, b) => b.length - a.length)[0];
}
