// The head of a Markdown file between two `---` lines, as skills and prompt templates have it: top-level keys with text or yes/no values.
// A small part of YAML: plain, quoted and block scalars; lists and nested tables are stepped over. Pure; called by the loaders beside it.

export interface Frontmatter {
  /** Absent: the file has no head. */
  fields: Record<string, string> | undefined;
  /** What follows the head, without blank lines around it; the whole text where there is no head. */
  body: string;
  /** Why the head cannot be read. */
  problem?: string;
}

export function parseFrontmatter(text: string): Frontmatter {
  const source = text.replace(/^\uFEFF/, "").replaceAll("\r\n", "\n");
  if (!/^---[ \t]*(\n|$)/.test(source)) return { fields: undefined, body: source };
  const lines = source.split("\n");
  const end = lines.findIndex((line, index) => index > 0 && /^---[ \t]*$/.test(line));
  if (end < 0) return { fields: undefined, body: source, problem: "the head has no closing ---" };
  const body = lines
    .slice(end + 1)
    .join("\n")
    .trim();
  const fields: Record<string, string> = Object.create(null) as Record<string, string>;
  const problem = readFields(lines.slice(1, end), fields);
  return problem === undefined ? { fields, body } : { fields, body, problem };
}

/** YAML's words for yes. */
export function isYes(value: string | undefined): boolean {
  return value !== undefined && /^(true|yes|on)$/i.test(value);
}

function readFields(lines: readonly string[], fields: Record<string, string>): string | undefined {
  for (let index = 0; index < lines.length; ) {
    const line = lines[index++] ?? "";
    if (line.trim() === "" || line.startsWith("#")) continue;
    const match = /^("(?:[^"\\]|\\.)*"[ \t]*|'[^']*'[ \t]*|[^\s:#][^:]*):(?:[ \t]+(.*)|)$/.exec(line);
    if (match === null) return `line ${index + 1} is no "key: value"`;
    const start = index;
    while (index < lines.length && /^(\s|$)/.test(lines[index] ?? "")) index++;
    // A list may stand at the key's own depth.
    while (index < lines.length && /^- /.test(lines[index] ?? "")) index++;
    const value = readValue((match[2] ?? "").trim(), lines.slice(start, index));
    if (value === "unclosed") return `line ${start + 1} has a quote that is not closed`;
    if (value === "open") return `line ${start + 1} has a bracket that is not closed`;
    if (typeof value === "object") fields[unquoted((match[1] ?? "").trimEnd())] = value.text;
  }
  return undefined;
}

function readValue(first: string, more: readonly string[]): { text: string } | "unclosed" | "open" | undefined {
  const block = /^([|>])[+-]?\d?[+-]?(?:\s+#.*)?$/.exec(first);
  if (block !== null) return { text: blockScalar(block[1] === ">", more) };
  if (first === "" && more.some((line) => /^\s*(- |[^\s:]+:(\s|$))/.test(line))) return undefined;
  const folded = foldLines([first, ...more]);
  if (/^[[{]/.test(first)) return isClosed(folded) ? undefined : "open";
  if (/^[&*!]/.test(first)) return undefined;
  if (!/^["']/.test(folded)) return { text: withoutComment(folded).trim() };
  const quoted = /^("(?:[^"\\]|\\.)*"|'(?:[^']|'')*')\s*(?:#.*)?$/.exec(folded);
  return quoted === null ? "unclosed" : { text: unquoted(quoted[1] ?? "") };
}

/** Whether a list or table in brackets comes to its end; what is quoted, which begins where a value does, counts for nothing. */
function isClosed(text: string): boolean {
  let depth = 0;
  let quote = "";
  let before = "";
  for (let at = 0; at < text.length; at++) {
    const one = text[at] ?? "";
    if (quote !== "") {
      if (one === "\\" && quote === '"') at++;
      else if (one === quote) quote = "";
    } else if ((one === '"' || one === "'") && "[{,:".includes(before)) quote = one;
    else if (one === "[" || one === "{") depth++;
    else if (one === "]" || one === "}") depth--;
    if (one.trim() !== "") before = one;
  }
  return depth <= 0 && quote === "";
}

/** A comment stands behind a value's last line. */
function withoutComment(text: string): string {
  const line = text.lastIndexOf("\n") + 1;
  const at = text.slice(line).search(/(^|\s)#/);
  return at < 0 ? text : text.slice(0, line + at);
}

/** `|` keeps line breaks, `>` folds single ones; both lose their common indentation and the last line breaks. */
function blockScalar(isFolded: boolean, lines: readonly string[]): string {
  let depth = Number.POSITIVE_INFINITY;
  for (const line of lines) if (line.trim() !== "") depth = Math.min(depth, line.length - line.trimStart().length);
  const text = lines.map((line) => line.slice(depth)).join("\n");
  return (isFolded ? text.replace(/([^\n])\n(?=[^\n\s])/g, "$1 ").replace(/\n\n/g, "\n") : text).trim();
}

function foldLines(lines: readonly string[]): string {
  return lines
    .map((line) => line.trim())
    .join("\n")
    .trim()
    .replace(/\n(\n*)/g, (_, blank: string) => blank || " ");
}

function unquoted(text: string): string {
  if (text.startsWith("'") && text.endsWith("'") && text.length > 1) return text.slice(1, -1).replaceAll("''", "'");
  if (!text.startsWith('"')) return text;
  try {
    return JSON.parse(text) as string;
  } catch {
    return text.slice(1, -1).replace(/\\(["\\/])/g, "$1");
  }
}
