// What a list shows of a session, read from the head and the tail of its file. Called by list-sessions.
// Works on bytes, and nothing is decoded but what is shown.

import { textOf } from "../../contracts/message.ts";
import { ownWordsType } from "../../contracts/session-entry.ts";
import { lineBlocks } from "../lines/line-blocks.ts";
import { decodeLine, isHeader, withTexts } from "../lines/line-codec.ts";
import { damagedHeader } from "../lines/salvage.ts";
import type { SessionSummary, SummaryHeader } from "./session-summary.ts";

export interface ReadableFile {
  size: number;
  read(target: Uint8Array, position: number): number;
}

/** A file of no more than head and tail together is read whole. */
const headBytes = 16 << 10;
const tailBytes = 8 << 10;
/** The most that is read of a head. */
const longHeadBytes = 64 << 10;
const headerBytes = 8 << 10;
const chunkBytes = 1 << 20;
const promptLength = 200;
/** The beginning of a prompt's line, in which mostly all of it stands that is shown. */
const promptBytes = 8 * promptLength;
const longestNumber = 32;
const nameLineBytes = 64 << 10;
const lineFeed = 0x0a;
/** A usage mostly stands within so many bytes of its line's end, that of a tool result always. */
const usualEndBytes = 700;

/** What is read lies here for a moment: made once for a thousand files. */
export interface SummaryBuffers {
  all: Buffer;
  head: Buffer;
  tail: Buffer;
}

export function summaryBuffers(): SummaryBuffers {
  const all = Buffer.allocUnsafe(longHeadBytes);
  return { all, head: all.subarray(0, headBytes), tail: all.subarray(headBytes, headBytes + tailBytes) };
}

export interface SummaryRequest {
  /** Everything is read, so that counts and cost are known at any size. */
  isWhole?: boolean;
  /** A name that stands between head and tail is looked for too, which means reading what is there. */
  needsName?: boolean;
}

/** `undefined` when the file is no session. */
export function summarizeFile(
  file: ReadableFile,
  about: { path: string; modifiedMs: number },
  buffers: SummaryBuffers,
  { isWhole = false, needsName = false }: SummaryRequest = {},
): SessionSummary | undefined {
  const scan = new SummaryScan();
  const { all } = buffers;
  const isShort = file.size <= (isWhole ? all.length : headBytes + tailBytes);
  if (isShort || isWhole) {
    const head = bytesAt(file, all.subarray(0, isShort ? file.size : headBytes), 0);
    if (!scan.takeHeader(firstLine(head))) return undefined;
    if (isShort) scan.takeLines(head, true);
    else for (const block of lineBlocks(about.path)) scan.takeLines(block, true);
    return scan.summary(about.path, about.modifiedMs, file.size, true);
  }
  // Of a thousand long files nothing is turned into text but the lines that are shown.
  const head = bytesAt(file, buffers.head, 0);
  if (!scan.takeHeader(firstLine(head))) return undefined;
  // A long system message stands before the first prompt: then the head is longer.
  if (!scan.takePrompt(head)) scan.takePrompt(bytesAt(file, all.subarray(0, Math.min(file.size, all.length)), 0));
  const tailStart = file.size - tailBytes;
  const tail = bytesAt(file, buffers.tail, tailStart);
  scan.takeEnd(tail, tail.indexOf(lineFeed) + 1);
  if (needsName && !scan.isNamed) scan.takeNameBefore(file, tailStart);
  // The tail lies behind it in the buffer.
  if (scan.needsEnd) scan.takeEnd(head, 0);
  return scan.summary(about.path, about.modifiedMs, file.size, false);
}

/** What the first line says, when it is the header of a session. */
export function readHeader(file: ReadableFile, { all }: SummaryBuffers): SummaryHeader | undefined {
  return headerOf(firstLine(bytesAt(file, all.subarray(0, Math.min(file.size, headerBytes)), 0)));
}

function headerOf(line: Buffer): SummaryHeader | undefined {
  const record = decodeLine(line.toString("utf8"));
  const header = isHeader(record) ? record : damagedHeader(line.toString("latin1"))?.header;
  if (header === undefined) return undefined;
  const { id, cwd, timestamp, parentSession } = withTexts(header);
  return { id, cwd, timestamp, ...(parentSession !== undefined && { parentSession }) };
}

/** The part of `target` that there was something for. */
function bytesAt(file: ReadableFile, target: Buffer, position: number): Buffer {
  let filled = file.read(target, position);
  for (let read = filled; read > 0 && filled < target.length; filled += read) read = file.read(target.subarray(filled), position + filled);
  return filled === target.length ? target : target.subarray(0, filled);
}

function firstLine(head: Buffer): Buffer {
  const end = head.indexOf(lineFeed);
  return end < 0 ? head : head.subarray(0, end);
}

class SummaryScan {
  #header: SummaryHeader | undefined;
  #name: string | undefined;
  #firstPrompt: string | undefined;
  #model: string | undefined;
  #messageCount = 0;
  #cost = 0;

  takeHeader(line: Buffer): boolean {
    this.#header = headerOf(line);
    return this.#header !== undefined;
  }

  /** Whole lines; `hasEnd`: the last one is whole even without LF. */
  takeLines(bytes: Buffer, hasEnd: boolean): void {
    // Listing a thousand files means ten thousand lines and more that no compiler has warmed up for: hence one flat loop, and no text.
    let messageCount = 0;
    let cost = 0;
    let answerStart = -1;
    for (let start = 0; start < bytes.length; ) {
      const lf = bytes.indexOf(lineFeed, start);
      const end = lf < 0 ? bytes.length : lf;
      if (startsWith(bytes, start, messageStart)) {
        const role = bytes.indexOf(roleKey, start) + roleKey.length;
        // The first letter tells the role.
        const letter = role < roleKey.length || role >= end ? letterOf.system : bytes[role];
        if (letter !== letterOf.system) messageCount++;
        if (letter === letterOf.assistant) {
          answerStart = start;
          cost += costIn(bytes, start, end);
        } else if (letter === letterOf.toolResult) cost += costIn(bytes, Math.max(start, end - usualEndBytes), end);
        else if (letter === letterOf.user && this.#firstPrompt === undefined) {
          this.#firstPrompt = promptIn(bytes, start, end, lf >= 0 || hasEnd);
        }
      } else if (this.#takeOther(bytes, start, end) === "model") answerStart = -1;
      start = end + 1;
    }
    this.#messageCount += messageCount;
    this.#cost += cost;
    // Only the last answer's model is shown: the others are not looked for.
    if (answerStart < 0) return;
    const end = bytes.indexOf(lineFeed, answerStart);
    this.#takeAnswer(bytes, answerStart, end < 0 ? bytes.length : end);
  }

  get isNamed(): boolean {
    return this.#name !== undefined;
  }

  /** Whether the end told less than there is to tell. */
  get needsEnd(): boolean {
    return this.#name === undefined || this.#model === undefined;
  }

  /** Whether the first prompt was in this beginning of a file. */
  takePrompt(bytes: Buffer): boolean {
    for (let start = 0; start < bytes.length && this.#firstPrompt === undefined; ) {
      const lf = bytes.indexOf(lineFeed, start);
      const end = lf < 0 ? bytes.length : lf;
      if (startsWith(bytes, start, messageStart) && roleLetter(bytes, start, end) === letterOf.user) {
        this.#firstPrompt = promptIn(bytes, start, end, lf >= 0);
      } else this.#takeOwnWords(bytes, start, end);
      start = end + 1;
    }
    return this.#firstPrompt !== undefined;
  }

  /** Name and model, where they are not known yet, from the last lines that tell them. `from`: where the first whole line begins. */
  takeEnd(bytes: Buffer, from: number): void {
    // Nearly no file has a name in it, and looking forwards is much faster.
    let needsName = this.#name === undefined && bytes.includes(nameStart, from);
    for (let end = bytes.length; end > from && (needsName || this.#model === undefined); ) {
      const start = Math.max(from, end < 2 ? 0 : bytes.lastIndexOf(lineFeed, end - 2) + 1);
      const needsModel = this.#model === undefined;
      const isName = needsName && startsWith(bytes, start, nameStart);
      if (isName || (needsModel && startsWith(bytes, start, changeStart))) this.#takeOther(bytes, start, end);
      else if (needsModel && startsWith(bytes, start, messageStart) && roleLetter(bytes, start, end) === letterOf.assistant) {
        this.#takeAnswer(bytes, start, end);
      }
      if (isName) needsName = false;
      end = start;
    }
  }

  /** The last name that was given before this place of the file. */
  takeNameBefore(file: ReadableFile, end: number): void {
    const chunk = Buffer.allocUnsafe(Math.min(end, chunkBytes));
    const wanted = Buffer.from(`\n${nameStart}`);
    for (let to = end; to > 0; ) {
      const from = Math.max(0, to - chunk.length);
      const bytes = bytesAt(file, chunk.subarray(0, to - from), from);
      const at = bytes.includes(wanted) ? bytes.lastIndexOf(wanted) : -1;
      if (at >= 0) {
        const line = bytesAt(file, Buffer.allocUnsafe(Math.min(file.size - from - at - 1, nameLineBytes)), from + at + 1);
        const lineEnd = line.indexOf(lineFeed);
        this.#takeOther(line, 0, lineEnd < 0 ? line.length : lineEnd);
        return;
      }
      // What is cut by the border is found with the next chunk.
      to = from === 0 ? 0 : from + wanted.length;
    }
  }

  summary(path: string, modifiedMs: number, sizeBytes: number, isWhole: boolean): SessionSummary | undefined {
    if (this.#header === undefined) return undefined;
    return {
      path,
      ...this.#header,
      modifiedMs,
      sizeBytes,
      ...(this.#name && { name: this.#name }),
      ...(this.#firstPrompt !== undefined && { firstPrompt: this.#firstPrompt }),
      ...(isWhole && { messageCount: this.#messageCount, cost: this.#cost }),
      ...(this.#model !== undefined && { model: this.#model }),
    };
  }

  /** A line that is no message. Says when it is a choice of a model. */
  #takeOther(bytes: Buffer, start: number, end: number): "model" | undefined {
    if (startsWith(bytes, start, nameStart)) {
      const record = decodeLine(bytes.toString("utf8", start, end));
      this.#name = typeof record?.name === "string" ? record.name : undefined;
    } else if (startsWith(bytes, start, changeStart)) {
      const record = decodeLine(bytes.toString("utf8", start, end));
      if (record === undefined) return undefined;
      this.#model = `${record.provider}/${record.modelId}`;
      return "model";
    } else if (paidStarts.some((paid) => startsWith(bytes, start, paid))) this.#cost += costIn(bytes, start, end);
    else this.#takeOwnWords(bytes, start, end);
    return undefined;
  }

  /** They stand before the prompt that they are of. */
  #takeOwnWords(bytes: Buffer, start: number, end: number): void {
    if (this.#firstPrompt !== undefined || !startsWith(bytes, start, customStart) || end - start > promptBytes) return;
    const record = decodeLine(bytes.toString("utf8", start, end));
    const text = record?.customType === ownWordsType ? (record.data as { text?: unknown } | null)?.text : undefined;
    if (typeof text === "string") this.#firstPrompt = inOneLine(text);
  }

  #takeAnswer(bytes: Buffer, start: number, end: number): void {
    const usageAt = usageIn(bytes, start, end);
    const text = bytes.toString("latin1", usageAt < 0 ? start : Math.max(start, usageAt - 400), usageAt < 0 ? end : usageAt);
    const found = /"provider":"([^"\\]+)","model":"([^"\\]+)"/.exec(text);
    if (found !== null) this.#model = `${found[1]}/${found[2]}`;
  }
}

const messageStart = '{"type":"message"';
const nameStart = '{"type":"session_info"';
const customStart = '{"type":"custom",';
const changeStart = '{"type":"model_change"';

const paidStarts = ['{"type":"compaction"', '{"type":"usage"', '{"type":"branch_summary"'];
// Searching for bytes spares making them of the same text for every line.
const roleKey = Buffer.from('"role":"');
const usageKey = Buffer.from('"usage":{');
const costKey = Buffer.from('"cost":{');
const totalKey = Buffer.from('"total":');

const letterOf = { assistant: 0x61, system: 0x73, toolResult: 0x74, user: 0x75 } as const;

/** The first letter of the role; `undefined` where there is none. */
function roleLetter(bytes: Buffer, start: number, end: number): number | undefined {
  const at = bytes.indexOf(roleKey, start) + roleKey.length;
  return at < roleKey.length || at >= end ? undefined : bytes[at];
}

function startsWith(bytes: Buffer, start: number, text: string): boolean {
  if (bytes.length - start < text.length) return false;
  for (let at = 0; at < text.length; at++) if (bytes[start + at] !== text.charCodeAt(at)) return false;
  return true;
}

/** USD, of the usage on a line. Usage stands behind the content, so that nothing in the content can be taken for it. */
function costIn(bytes: Buffer, start: number, end: number): number {
  const usageAt = usageIn(bytes, start, end);
  const costAt = usageAt < 0 ? -1 : bytes.indexOf(costKey, usageAt);
  const totalAt = costAt < 0 ? -1 : bytes.indexOf(totalKey, costAt);
  if (totalAt < 0 || totalAt > end) return 0;
  const from = totalAt + totalKey.length;
  return Number.parseFloat(bytes.toString("latin1", from, Math.min(end, from + longestNumber))) || 0;
}

/** Where a line's last usage begins: forwards through its end first, since it mostly is there and searching backwards is slow. */
function usageIn(bytes: Buffer, start: number, end: number): number {
  let last = -1;
  for (let at = bytes.indexOf(usageKey, Math.max(start, end - usualEndBytes)); at >= 0 && at < end; at = bytes.indexOf(usageKey, at + 1)) {
    last = at;
  }
  if (last >= 0 || end - start <= usualEndBytes) return last;
  const at = bytes.lastIndexOf(usageKey, end);
  return at < start ? -1 : at;
}

/** The text of a user message, from its line or from what there is of it. What is shown is short, so the whole of it is decoded only at need. */
function promptIn(bytes: Buffer, start: number, end: number, isWhole: boolean): string | undefined {
  let text = beginningOfText(bytes.toString("latin1", start, Math.min(end, start + promptBytes)));
  if (text === undefined && isWhole) {
    const message = decodeLine(bytes.toString("utf8", start, end))?.message as { content?: string | { type: string }[] } | undefined;
    text = message?.content === undefined ? undefined : textOf(message.content);
  }
  // Files put before the words can be long: then the whole of it is decoded.
  if (text?.startsWith(fileBlock) && isWhole) {
    const message = decodeLine(bytes.toString("utf8", start, end))?.message as { content?: string | { type: string }[] } | undefined;
    text = message?.content === undefined ? text : ownWords(textOf(message.content));
  }
  return text === undefined ? undefined : inOneLine(text);
}

/** As much of it as is shown; nothing of blanks. */
function inOneLine(text: string): string | undefined {
  const beginning = text.trimStart().slice(0, 4 * promptLength);
  const shown = /[^\S ]| {2}/.test(beginning) ? beginning.replace(/\s+/g, " ") : beginning;
  return shown === "" ? undefined : shown.slice(0, promptLength).trimEnd();
}

const fileBlock = '<file name="';
const fileEnd = "</file>";

/** What was said behind the files that were put before it; where nothing was, the name of the first file. */
function ownWords(text: string): string {
  const words = text.slice(text.lastIndexOf(fileEnd) + fileEnd.length).trim();
  if (text.includes(fileEnd) && words !== "") return words;
  return `@${/^<file name="([^"]*)"/.exec(text)?.[1] ?? ""}`;
}

function beginningOfText(line: string): string | undefined {
  const found = /"(?:text|content)":"((?:[^"\\]|\\.)*)/.exec(line)?.[1];
  if (found === undefined || !found.includes("\\")) return found === undefined ? undefined : utf8(found);
  try {
    return JSON.parse(`"${utf8(found)}"`) as string;
  } catch {
    return undefined;
  }
}

function utf8(latin1: string): string {
  if (!/[\x80-\xff]/.test(latin1)) return latin1;
  return Buffer.from(latin1, "latin1").toString("utf8");
}
