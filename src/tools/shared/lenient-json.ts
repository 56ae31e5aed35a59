// JSON as models write it into strings: with line feeds and tabs as they are. Used where an argument comes as the text of its JSON.

/** Throws as `JSON.parse` does, for what is none with its control characters escaped either. */
export function parseLenientJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const escaped = withEscapedControls(text);
    if (escaped === text) throw error;
    return JSON.parse(escaped);
  }
}

/** Inside of strings only: between values they are blanks. Piece by piece, since a pattern over a whole string of megabytes overflows. */
function withEscapedControls(text: string): string {
  const pieces: string[] = [];
  let from = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x22) inString = !inString;
    else if (inString && code === 0x5c) at++;
    else if (inString && code < 0x20) {
      pieces.push(text.slice(from, at), JSON.stringify(text[at]).slice(1, -1));
      from = at + 1;
    }
  }
  pieces.push(text.slice(from));
  return pieces.join("");
}
