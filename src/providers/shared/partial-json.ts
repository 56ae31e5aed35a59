// Reads the arguments of a tool call as models really write them. Called when the last fragment of a call has come.
// Invariant: text that is valid JSON is never changed; what cannot be read is reported as undefined, never guessed at.

import { type Json, parseObject } from "./json.ts";

/**
 * The arguments object a finished text spells. Blank text is a call without arguments. Raw control characters inside strings (some open models
 * write real line feeds) are read as what they stand for. Undefined: the text is no JSON object, for instance because it was cut.
 */
export function parseArguments(text: string): Json | undefined {
  if (text.trim() === "") return {};
  return parseObject(text) ?? parseObject(escapeControls(text));
}

function escapeControls(text: string): string {
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
