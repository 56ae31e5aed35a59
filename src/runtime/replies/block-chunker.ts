// Cuts a streamed text into blocks that fit a chat message; hosts push deltas and send what comes back.
// Invariant: no block is longer than `maxChars`; a fence that must be cut is closed in one block and opened anew in the next; without those
// lines the blocks joined are the text, and where the stream was cut makes no difference.

import { PiError } from "../../contracts/error.ts";
import { type Fence, isClosingFence, openingFence } from "./code-state.ts";

export interface BlockChunkerOptions {
  /** In UTF-16 units, as `length` counts. Default: 800. */
  minChars?: number;
  /** Default: 1200. */
  maxChars?: number;
  /** What a block ends at if it can. Default: paragraph. */
  breakPreference?: "paragraph" | "newline" | "sentence";
  /** Each paragraph is a block, however short, once the blank line behind it has come. Default: false. */
  flushOnParagraph?: boolean;
}

export interface BlockChunker {
  push(delta: string): string[];
  /** All that is held, in blocks; the next delta begins a new text. */
  end(): string[];
}

type BreakKind = "paragraph" | "newline" | "sentence" | "blank";

const orders: Record<"paragraph" | "newline" | "sentence", BreakKind[]> = {
  paragraph: ["paragraph", "newline", "sentence", "blank"],
  newline: ["newline", "sentence", "blank"],
  sentence: ["sentence", "newline", "blank"],
};

/** A line of the held text, and the fence around it: its opening and closing lines lie in it too. */
interface Line {
  start: number;
  end: number;
  fence: Fence | undefined;
  isOpening: boolean;
  isClosing: boolean;
}

/** At the beginning of a block or a line this is, or may yet become, a fence, whatever it was in its line. */
const looksLikeFence = /^[ \t>]*(?:`{3}|~{3}|[`~]{1,2}$)/;

/** A longer run of marks opens no fence that anybody has meant. */
const longestMarks = 16;

function checked(name: string, value: number, least: number): number {
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new PiError("usage.bad_value", `${name} is ${value}`, { hint: `Give a whole number of at least ${least}.` });
}

export function createBlockChunker(options: BlockChunkerOptions = {}): BlockChunker {
  const maxChars = checked("maxChars", options.maxChars ?? 1200, 2);
  const minChars = Math.min(checked("minChars", options.minChars ?? 800, 0), maxChars);
  const order = orders[options.breakPreference ?? "paragraph"];
  if (order === undefined)
    throw new PiError("usage.bad_value", `breakPreference is ${String(options.breakPreference)}`, {
      hint: `It is one of ${Object.keys(orders).join(", ")}.`,
    });
  const isEager = options.flushOnParagraph === true;

  let held = "";
  /** The fence that the held text begins in, and what of its line is in blocks already. */
  let fence: Fence | undefined;
  let lineBefore = "";
  /** The opening line that the next block begins with. */
  let head = "";
  const blankLine = /\n[ \t]*\r?\n/g;
  let lookedUpTo = 0;

  /** Lines that leave no room for the text between them are not added: such a fence is cut like any text. */
  const bareOf = (one: Fence): string => one.prefix + one.marker;
  const isRepeatable = (one: Fence): boolean => bareOf(one).length + 1 <= maxChars / 4;
  const reopening = (one: Fence): string => `${one.firstLine.length <= maxChars / 4 ? one.firstLine : bareOf(one)}\n`;

  const linesOf = (view: string): Line[] => {
    const lines: Line[] = [];
    let around = fence;
    for (let start = 0; start < view.length; ) {
      const lineEnd = view.indexOf("\n", start);
      const end = lineEnd < 0 ? view.length : lineEnd + 1;
      const content = (start === 0 ? lineBefore : "") + view.slice(start, lineEnd < 0 ? end : lineEnd);
      const before = around;
      const opened = before === undefined ? openingFence(content) : undefined;
      const usable = opened !== undefined && isRepeatable(opened) ? opened : undefined;
      const isClosing = before !== undefined && isClosingFence(content, before);
      lines.push({ start, end, fence: before ?? usable, isOpening: usable !== undefined, isClosing });
      around = isClosing ? undefined : (before ?? usable);
      start = end;
    }
    return lines;
  };

  /** Ends of blocks outside fences from `least` to `most`, the last of each kind. */
  const lastBreaks = (view: string, lines: readonly Line[], least: number, most: number): Map<BreakKind, number> => {
    const found = new Map<BreakKind, number>();
    const note = (kind: BreakKind, at: number): void => {
      if (at >= least && at <= most && at > 0) found.set(kind, at);
    };
    for (const [index, line] of lines.entries()) {
      if (line.start > most) break;
      if (line.end < least) continue;
      const content = view.slice(line.start, line.end);
      const isWhole = content.endsWith("\n");
      if (isWhole && (line.fence === undefined || line.isClosing)) {
        note("newline", line.end);
        const isEmpty = content.trim() === "" && (index > 0 || lineBefore === "");
        if (isEmpty && lines[index + 1] !== undefined) note("paragraph", line.end);
      }
      if (line.fence !== undefined || looksLikeFence.test(content)) continue;
      for (const gap of content.matchAll(/(?<=([.!?…]["'”’)\]]*)|\S)[ \t]+|(?<=[。！？])(?=\S)/g)) {
        const at = line.start + gap.index + gap[0].length;
        if (looksLikeFence.test(view.slice(at, line.end))) continue;
        note(gap[1] !== undefined || gap[0] === "" ? "sentence" : "blank", at);
      }
      if (isWhole && /[.!?…。！？]["'”’)\]]*\s*$/.test(content)) note("sentence", line.end);
    }
    return found;
  };

  const cut = (at: number, within: Fence | undefined, isMidLine: boolean): string => {
    const piece = held.slice(0, at);
    const isLineDone = piece.endsWith("\n");
    const tail = within === undefined ? "" : `${isLineDone || piece === "" ? "" : "\n"}${bareOf(within)}`;
    const block = head + piece + tail;
    const lastLine = piece.slice(piece.lastIndexOf("\n") + 1);
    lineBefore = isMidLine && !isLineDone ? (piece.includes("\n") ? "" : lineBefore).concat(lastLine).slice(-maxChars) : "";
    fence = within;
    head = within === undefined ? "" : reopening(within);
    held = held.slice(at);
    lookedUpTo = 0;
    return block;
  };

  /** Where nothing better is left: never in a surrogate pair nor, if there is another place, in a line that begins or ends a fence. */
  const forcedCut = (view: string, lines: readonly Line[], room: number): string => {
    const lineOf = (at: number): Line | undefined => lines.find((one) => at > one.start && at <= one.end);
    let at = Math.min(room, view.length);
    let line = lineOf(at);
    if (line?.fence !== undefined && !(line.isClosing && at === line.end)) {
      at = Math.min(at, Math.max(1, room - bareOf(line.fence).length - 1));
      line = lineOf(at);
    }
    if (line === undefined) return cut(at, fence, true);
    const isAtEnd = at === line.end && view[at - 1] === "\n";
    const isBound = looksLikeFence.test(view.slice(line.start, line.end));
    if (line.isOpening && line.start > 0 && !isAtEnd) return cut(line.start, undefined, false);
    if (line.fence === undefined) {
      if (isBound && line.start > 0) return cut(line.start, undefined, false);
      return cut(apart(view, at, line), undefined, true);
    }
    if (line.isClosing && (isAtEnd || line.start === 0)) return cut(at, undefined, false);
    // A line of code stays whole where that leaves a block of some size.
    const isLarge = head.length + line.start >= minChars / 2;
    if (!isAtEnd && line.start > 0 && (isBound || isLarge)) return cut(line.start, line.fence, false);
    return cut(apart(view, at, line), line.fence, true);
  };

  /** Not before what would look like a fence at the beginning of the next block. */
  const apart = (view: string, at: number, line: Line): number => {
    let place = at;
    while (place > line.start + 1 && place < line.end && /^[ \t>]*[`~]/.test(view.slice(place))) place--;
    // Of a line of marks alone no place is better than another, and each mark must not become a block.
    const isAllMarks = place === line.start + 1 && at - place > longestMarks;
    return wholeCharacters(isAllMarks ? at : place);
  };

  const wholeCharacters = (at: number): number => {
    const isInPair = /[\ud800-\udbff]/.test(held[at - 1] ?? "") && /[\udc00-\udfff]/.test(held[at] ?? "");
    return isInPair && at > 1 ? at - 1 : at;
  };

  /** The first paragraph of the text, as soon as the line behind it is known to be blank. */
  const firstParagraph = (): string | undefined => {
    if (!isEager || !hasNewBlankLine()) return undefined;
    const room = maxChars - head.length;
    const view = held.slice(0, room + 1);
    let hasWords = lineBefore.trim() !== "";
    for (const line of linesOf(view)) {
      const content = view.slice(line.start, line.end);
      const isBlank = content.trim() === "" && (line.start > 0 || lineBefore === "");
      if (isBlank && hasWords && content.endsWith("\n") && line.fence === undefined && line.end <= room)
        return cut(line.end, undefined, false);
      hasWords ||= !isBlank;
    }
    return undefined;
  };

  /** What was looked at once is not looked at with every delta again. */
  const hasNewBlankLine = (): boolean => {
    blankLine.lastIndex = lookedUpTo;
    const isThere = blankLine.test(held);
    lookedUpTo = Math.max(0, held.lastIndexOf("\n"));
    return isThere;
  };

  const nextBlock = (isLast: boolean): string | undefined => {
    const paragraph = firstParagraph();
    if (paragraph !== undefined) return paragraph;
    const room = maxChars - head.length;
    if (held.length <= room && !isLast) return undefined;
    const view = held.slice(0, room + 1);
    const lines = linesOf(view);
    if (held.length <= room) {
      const last = lines.at(-1);
      const open = last === undefined ? fence : last.isClosing ? undefined : last.fence;
      const tail = open === undefined ? 0 : bareOf(open).length + 1;
      if (held.length + tail <= room) return cut(held.length, open, false);
    } else {
      const breaks = lastBreaks(view, lines, Math.max(1, minChars - head.length), room);
      const kind = order.find((one) => breaks.has(one));
      if (kind !== undefined) {
        const at = breaks.get(kind) ?? room;
        return cut(at, undefined, true);
      }
    }
    return forcedCut(view, lines, room);
  };

  return {
    push: (delta) => {
      held += delta;
      const blocks: string[] = [];
      for (let block = nextBlock(false); block !== undefined; block = nextBlock(false)) blocks.push(block);
      return blocks;
    },
    end: () => {
      const blocks: string[] = [];
      while (held !== "") {
        const block = nextBlock(true);
        if (block !== undefined) blocks.push(block);
      }
      [fence, lineBefore, head] = [undefined, "", ""];
      return blocks;
    },
  };
}
