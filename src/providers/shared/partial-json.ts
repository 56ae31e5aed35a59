// Reads the arguments of a tool call as models really write them. Called when the last fragment of a call has come.
// Invariant: text that is a JSON object is never changed; what cannot be read is reported as undefined, never guessed at.

import { isObject, type Json, parseJson } from "./json.ts";

/** A text in a text in a text: what encodes an object more often than that is broken. */
const maxWrappings = 3;

/**
 * The arguments object a finished text spells. Blank text is a call without arguments. Raw control
 * characters inside strings (some open models write real line feeds) are read as what they stand for. An object that was encoded as a JSON
 * string (Granite, OCI, parsers of vLLM) is taken out of it; of objects behind each other all must be empty or the same but one (gateways that
 * begin with `{}`, or end by sending the whole again). A byte order mark before it and the fence of a code block around it fall away. Undefined:
 * the text is none of it, for instance because it was cut.
 */
export function parseArguments(text: string): Json | undefined {
  let rest = withoutFence(text.replace(/^\ufeff/, ""));
  for (let wrappings = 0; wrappings <= maxWrappings; wrappings++) {
    if (rest.trim() === "") return {};
    const value = parseJson(rest) ?? parseJson(escapeControls(rest));
    if (typeof value === "string") rest = value;
    else if (value === undefined) return theOneOf(objectsIn(escapeControls(rest)));
    else return isObject(value) ? value : undefined;
  }
  return undefined;
}

function withoutFence(text: string): string {
  const fence = "```";
  const block = text.trim();
  if (block.length <= 2 * fence.length || !block.startsWith(fence) || !block.endsWith(fence)) return text;
  return block.slice(fence.length, -fence.length).replace(/^json\b/i, "");
}

/** Whether the text spells an object that needs nothing more. */
export function isWholeObject(text: string): boolean {
  return isObject(parseJson(text));
}

function theOneOf(objects: readonly Json[] | undefined): Json | undefined {
  const [first, ...others] = (objects ?? []).filter((object) => Object.keys(object).length > 0);
  const same = JSON.stringify(first);
  return others.every((object) => JSON.stringify(object) === same) ? (first ?? objects?.[0]) : undefined;
}

/** The objects that stand behind each other in a text, or undefined where anything else stands there. */
function objectsIn(text: string): Json[] | undefined {
  const objects: Json[] = [];
  let depth = 0;
  let inString = false;
  let start = 0;
  for (let index = 0; index < text.length; index++) {
    const char = text.charAt(index);
    if (inString) {
      if (char === "\\") index++;
      else if (char === '"') inString = false;
    } else if (char === '"') inString = true;
    else if (char === "{" || char === "[") depth++;
    else if ((char === "}" || char === "]") && --depth === 0) {
      const object = parseJson(text.slice(start, index + 1));
      if (!isObject(object)) return undefined;
      objects.push(object);
      start = index + 1;
    }
  }
  return text.slice(start).trim() === "" ? objects : undefined;
}

export function escapeControls(text: string): string {
  let inString = false;
  let result = "";
  for (let index = 0; index < text.length; index++) {
    const char = text.charAt(index);
    if (!inString) {
      if (char === '"') inString = true;
      result += char;
    } else if (char === "\\") {
      result += char + text.charAt(++index);
    } else if (char === '"') {
      inString = false;
      result += char;
    } else {
      result += char < " " ? JSON.stringify(char).slice(1, -1) : char;
    }
  }
  return result;
}
