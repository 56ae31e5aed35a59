// How text of a session becomes text of the page: the only way in. Called by every renderer of the export.
// Invariant: what comes out holds no character that could begin or end markup, in an element's text or in a quoted attribute.

/** For element text and double-quoted attribute values. */
export function escapeHtml(text: string): string {
  return /[&<>"']/.test(text) ? text.replace(/[&<>"']/g, entityOf) : text;
}

function entityOf(character: string): string {
  switch (character) {
    case "&":
      return "&amp;";
    case "<":
      return "&lt;";
    case ">":
      return "&gt;";
    case '"':
      return "&quot;";
    default:
      return "&#39;";
  }
}

/**
 * Text as it would stand in a terminal: without escape sequences, with line ends as LF; other control characters as visible symbols, lone
 * surrogates as U+FFFD, and without the marks that make text run the other way than it reads.
 */
export function cleanText(text: string): string {
  let clean = text;
  if (clean.includes("\u001b") || clean.includes("\u009b")) clean = withoutEscapeSequences(clean);
  if (clean.includes("\r")) clean = clean.replace(/\r\n/g, "\n").replace(/\r/g, "\n");
  if (/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\ud800-\udfff]/.test(clean)) {
    clean = clean
      .replace(/[\u0000-\u0008\u000b-\u001f]/g, (control) => String.fromCharCode(0x2400 + control.charCodeAt(0)))
      .replace(/\u007f/g, "\u2421")
      .replace(/[\u0080-\u009f\u202a-\u202e\u2066-\u2069]/g, "\ufffd")
      .replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, "\ufffd");
  }
  return clean;
}

/** `cleanText`, escaped. */
export function safeText(text: string): string {
  return escapeHtml(cleanText(text));
}

/** CSI, OSC (hyperlinks, titles) and the two-character sequences. */
function withoutEscapeSequences(text: string): string {
  return text
    .replace(/(?:\u001b\]|\u009d)[^\u0007\u001b\u009c]{0,4096}(?:\u0007|\u001b\\|\u009c)/g, "")
    .replace(/(?:\u001b\[|\u009b)[0-?]{0,64}[ -/]{0,8}[@-~]/g, "")
    .replace(/\u001b[ -/]{0,4}[0-Z\\^-~]/g, "");
}

/** One line of at most `length` characters. */
export function oneLine(text: string, length: number): string {
  const line = cleanText(text.slice(0, 4 * length + 200))
    .replace(/\s+/g, " ")
    .trim();
  const characters = Array.from(line);
  return characters.length > length ? `${characters.slice(0, length - 1).join("")}…` : line;
}
