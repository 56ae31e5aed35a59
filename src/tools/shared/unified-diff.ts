// Shows known changes to lines: as a numbered diff for people and as a unified patch for programs. Used by edit.
// It is told what changed instead of searching for it, so its cost does not depend on the file's size.
// Invariant: bounded, whatever was changed: it is kept in the session and told in events.

const contextLines = 4;
/** Above this many pairs of lines to compare, a block is shown as removed and added whole. */
const maxComparisons = 1_000_000;

/** Of a line in the diff for people; what was changed in more is seen in the file. */
const maxLineCharacters = 2000;
/** Of the whole diff, and of the patch. */
const maxCharacters = 256 * 1024;

/** Consecutive lines replaced by others. */
export interface LineChange {
  /** Line index (from 0) in the old text. */
  at: number;
  oldLines: string[];
  newLines: string[];
}

export interface OldText {
  /** Line by index, without its LF; `undefined` behind the end. */
  line(index: number): string | undefined;
  endsWithNewline: boolean;
  lineCount: number;
}

export interface RenderedDiff {
  /** Long lines are cut, and the end of a very long diff, with a note. */
  diff: string;
  /** Empty where it would be too long: a part of a patch is worse than none. */
  patch: string;
  /** Line number (from 1) in the new text. */
  firstChangedLine: number | undefined;
}

/** `changes` are sorted and do not overlap. `newEndsWithNewline` is about the text after them. */
export function renderDiff(path: string, old: OldText, changes: readonly LineChange[], newEndsWithNewline: boolean): RenderedDiff {
  const minimal = changes.flatMap(minimalChanges);
  const grown = minimal.reduce((sum, change) => sum + change.newLines.length - change.oldLines.length, 0);
  const newLineCount = old.lineCount + grown;
  const width = String(Math.max(old.lineCount, newLineCount)).length;
  const first = minimal[0];
  const hunks = groupByDistance(minimal);
  const shown = new BoundedLines();
  const patch = new BoundedLines();
  patch.push(`--- ${path}`);
  patch.push(`+++ ${path}`);
  let shift = 0;
  let shownEnd = 0;
  for (const hunk of hunks) {
    const start = Math.max(0, hunk.start - contextLines);
    const end = Math.min(old.lineCount, hunk.end + contextLines);
    if (start > shownEnd) shown.push(` ${" ".repeat(width)} ...`);
    const shiftBefore = shift;
    const body: string[] = [];
    const line = (sign: " " | "-" | "+", lineIndex: number, text: string): void => {
      shown.push(`${sign}${String(lineIndex + 1).padStart(width)} ${cut(text)}`);
      if (!patch.isFull) body.push(sign + text);
      const isOldEnd = sign !== "+" && lineIndex === old.lineCount - 1 && !old.endsWithNewline;
      const isNewEnd = sign !== "-" && lineIndex + (sign === " " ? shift : 0) === newLineCount - 1 && !newEndsWithNewline;
      if (sign === " " ? isOldEnd && isNewEnd : isOldEnd || isNewEnd) body.push("\\ No newline at end of file");
    };
    let at = start;
    for (const change of hunk.changes) {
      for (; at < change.at; at++) line(" ", at, old.line(at) ?? "");
      change.oldLines.forEach((text, index) => {
        line("-", change.at + index, text);
      });
      change.newLines.forEach((text, index) => {
        line("+", change.at + shift + index, text);
      });
      at = change.at + change.oldLines.length;
      shift += change.newLines.length - change.oldLines.length;
    }
    for (; at < end; at++) line(" ", at, old.line(at) ?? "");
    shownEnd = end;
    const newCount = end - start + shift - shiftBefore;
    patch.push(`@@ -${range(start, end - start)} +${range(start + shiftBefore, newCount)} @@`);
    for (const one of body) patch.push(one);
  }
  if (shownEnd < old.lineCount) shown.push(` ${" ".repeat(width)} ...`);
  if (shown.isFull) shown.end(`[The diff is longer: ${minimal.length} places, ${grown < 0 ? "" : "+"}${grown} lines]`);
  return {
    diff: shown.text,
    patch: patch.isFull ? "" : `${patch.text}\n`,
    firstChangedLine: first === undefined ? undefined : first.at + 1,
  };
}

/** Lines up to a size; those after it are dropped. */
class BoundedLines {
  readonly #lines: string[] = [];
  #characters = 0;

  get isFull(): boolean {
    return this.#characters > maxCharacters;
  }

  push(line: string): void {
    this.#characters += line.length + 1;
    if (!this.isFull) this.#lines.push(line);
  }

  end(line: string): void {
    this.#lines.push(line);
  }

  get text(): string {
    return this.#lines.join("\n");
  }
}

function cut(text: string): string {
  if (text.length <= maxLineCharacters) return text;
  return `${text.slice(0, maxLineCharacters).replace(/[\ud800-\udbff]$/, "")}… [${text.length - maxLineCharacters} more characters]`;
}

/** An empty range names the line before it. */
function range(start: number, count: number): string {
  return `${count === 0 ? start : start + 1},${count}`;
}

interface Hunk {
  start: number;
  end: number;
  changes: LineChange[];
}

function groupByDistance(changes: readonly LineChange[]): Hunk[] {
  const hunks: Hunk[] = [];
  for (const change of changes) {
    const end = change.at + change.oldLines.length;
    const last = hunks.at(-1);
    if (last !== undefined && change.at - last.end <= 2 * contextLines) {
      last.changes.push(change);
      last.end = end;
    } else hunks.push({ start: change.at, end, changes: [change] });
  }
  return hunks;
}

/** The same change without the lines that both sides share, by the longest common subsequence. */
function minimalChanges({ at, oldLines, newLines }: LineChange): LineChange[] {
  let before = 0;
  while (before < oldLines.length && before < newLines.length && oldLines[before] === newLines[before]) before++;
  let after = 0;
  const most = Math.min(oldLines.length, newLines.length) - before;
  while (after < most && oldLines.at(-1 - after) === newLines.at(-1 - after)) after++;
  const a = oldLines.slice(before, oldLines.length - after);
  const b = newLines.slice(before, newLines.length - after);
  if (a.length === 0 && b.length === 0) return [];
  if (a.length * b.length > maxComparisons || a.length === 0 || b.length === 0) return [{ at: at + before, oldLines: a, newLines: b }];
  return changesByCommonLines(at + before, a, b);
}

function changesByCommonLines(at: number, a: string[], b: string[]): LineChange[] {
  const columns = b.length + 1;
  // lengths[i * columns + j]: common lines of a from i and b from j.
  const lengths = new Uint32Array((a.length + 1) * columns);
  const lengthAt = (i: number, j: number): number => lengths[i * columns + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      lengths[i * columns + j] = a[i] === b[j] ? lengthAt(i + 1, j + 1) + 1 : Math.max(lengthAt(i + 1, j), lengthAt(i, j + 1));
    }
  }
  const changes: LineChange[] = [];
  let open: LineChange | undefined;
  for (let i = 0, j = 0; i < a.length || j < b.length; ) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      open = undefined;
      i++;
      j++;
      continue;
    }
    if (open === undefined) {
      open = { at: at + i, oldLines: [], newLines: [] };
      changes.push(open);
    }
    const takeOld = i < a.length && (j >= b.length || lengthAt(i + 1, j) >= lengthAt(i, j + 1));
    if (takeOld) open.oldLines.push(a[i++] ?? "");
    else open.newLines.push(b[j++] ?? "");
  }
  return changes;
}
