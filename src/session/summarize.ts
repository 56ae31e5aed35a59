// What a list shows of a session, read from the head and the tail of its file. Called by list-sessions.
// Works on bytes and on latin1 text: quotes and braces are where they are in UTF-8, and nothing is decoded but what is shown.

import { textOf } from "../contracts/message.ts";
import { decodeLine, isHeader } from "./line-codec.ts";

export interface SessionSummary {
  path: string;
  id: string;
  cwd: string;
  /** ISO 8601, of the header. */
  timestamp: string;
  /** Unix ms. */
  modifiedMs: number;
  sizeBytes: number;
  parentSession?: string;
  /** Of the last `session_info` seen. */
  name?: string;
  /** One line, at most 200 characters. */
  firstPrompt?: string;
  /** Without system messages. Absent when the file was not read whole. */
  messageCount?: number;
  /** USD. Absent when the file was not read whole. */
  cost?: number;
  /** `provider/id` of the last choice or answer seen. */
  model?: string;
}

export interface ReadableFile {
  size: number;
  read(target: Uint8Array, position: number): number;
}

/** A file of no more than head and tail together is read whole. */
const headBytes = 16 << 10;
const tailBytes = 8 << 10;
/** The most that is read of a head, and the size of the buffer that callers bring. */
export const summaryBytes = 64 << 10;
const headerBytes = 8 << 10;
const chunkBytes = 1 << 20;
const promptLength = 200;
/** The beginning of a line, in which its role stands, and that of its text as far as it is shown. */
const roleBytes = 400;
const promptBytes = 12 * promptLength;
/** The end of an answer, in which its model and its usage stand. */
const answerBytes = 1200;
const nameLineBytes = 64 << 10;
const lineFeed = 0x0a;
/** A usage mostly stands within so many characters of its line's end, that of a tool result always. */
const tailCharacters = 700;

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
  buffer: Buffer,
  { isWhole = false, needsName = false }: SummaryRequest = {},
): SessionSummary | undefined {
  const scan = new SummaryScan();
  const isShort = file.size <= (isWhole ? buffer.length : headBytes + tailBytes);
  if (isShort || isWhole) {
    const head = textAt(file, buffer, 0, isShort ? file.size : headBytes);
    if (!scan.takeHeader(head)) return undefined;
    if (isShort) scan.takeLines(head, true);
    else scan.takeAll(file);
    return scan.summary(about.path, about.modifiedMs, file.size, true);
  }
  // Of a thousand long files nothing is turned into text but the lines that are shown.
  const head = bytesAt(file, buffer.subarray(0, headBytes), 0);
  if (!scan.takeHeader(headerText(head))) return undefined;
  // A long system message stands before the first prompt: then the head is longer.
  if (!scan.takePrompt(head)) scan.takePrompt(bytesAt(file, buffer.subarray(0, Math.min(file.size, buffer.length)), 0));
  const tailStart = file.size - tailBytes;
  const tail = bytesAt(file, buffer.subarray(headBytes, headBytes + tailBytes), tailStart);
  scan.takeEnd(tail.subarray(tail.indexOf(lineFeed) + 1));
  if (needsName && !scan.isNamed) scan.takeNameBefore(file, tailStart);
  // The tail lies behind it in the buffer.
  if (scan.needsEnd) scan.takeEnd(head);
  return scan.summary(about.path, about.modifiedMs, file.size, false);
}

/** What the first line says, when it is the header of a session. */
export function readHeader(
  file: ReadableFile,
  buffer: Buffer,
): Pick<SessionSummary, "id" | "cwd" | "timestamp" | "parentSession"> | undefined {
  return headerOf(textAt(file, buffer, 0, Math.min(file.size, headerBytes)));
}

function headerOf(text: string): ReturnType<typeof readHeader> {
  const lineEnd = text.indexOf("\n");
  const record = decodeLine(utf8(lineEnd < 0 ? text : text.slice(0, lineEnd)));
  if (!isHeader(record)) return undefined;
  const { id, cwd, timestamp, parentSession } = record;
  return { id, cwd, timestamp, ...(parentSession !== undefined && { parentSession }) };
}

function textAt(file: ReadableFile, buffer: Buffer, position: number, length: number): string {
  return bytesAt(file, buffer.subarray(0, length), position).toString("latin1");
}

/** The part of `target` that there was something for. */
function bytesAt(file: ReadableFile, target: Buffer, position: number): Buffer {
  let filled = file.read(target, position);
  for (let read = filled; read > 0 && filled < target.length; filled += read) read = file.read(target.subarray(filled), position + filled);
  return filled === target.length ? target : target.subarray(0, filled);
}

function headerText(head: Buffer): string {
  const end = head.indexOf(lineFeed);
  return head.toString("latin1", 0, end < 0 ? head.length : end);
}

class SummaryScan {
  #header: ReturnType<typeof readHeader>;
  #name: string | undefined;
  #firstPrompt: string | undefined;
  #model: string | undefined;
  #messageCount = 0;
  #cost = 0;

  takeHeader(text: string): boolean {
    this.#header = headerOf(text);
    return this.#header !== undefined;
  }

  /** `toEnd`: the last line is whole even without LF. A cut last line can still give the first prompt. */
  takeLines(text: string, toEnd: boolean): void {
    // Listing a thousand files means a hundred thousand lines that no compiler has warmed up for: hence one flat loop over local variables.
    let messageCount = 0;
    let cost = 0;
    let answerStart = -1;
    for (let start = 0; start < text.length; ) {
      const lf = text.indexOf("\n", start);
      const end = lf < 0 ? text.length : lf;
      if (text.startsWith(messageStart, start)) {
        const role = text.indexOf('"role":"', start) + 8;
        // The first letter tells the role.
        const letter = role < 8 || role > end ? letterOf.system : text.charCodeAt(role);
        if (letter !== letterOf.system) messageCount++;
        if (letter === letterOf.assistant) {
          answerStart = start;
          cost += costIn(text, start, end);
        } else if (letter === letterOf.toolResult) cost += costIn(text, Math.max(start, end - tailCharacters), end);
        else if (letter === letterOf.user && this.#firstPrompt === undefined) {
          this.#firstPrompt = promptOf(text.slice(start, end), lf >= 0 || toEnd);
        }
      } else if (this.#takeOther(text.slice(start, end)) === "model") answerStart = -1;
      start = end + 1;
    }
    this.#messageCount += messageCount;
    this.#cost += cost;
    // Only the last answer's model is shown: the others are not looked for.
    if (answerStart < 0) return;
    const end = text.indexOf("\n", answerStart);
    this.#takeAnswer(text.slice(answerStart, end < 0 ? text.length : end));
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
      if (startsWith(bytes, start, messageStart)) {
        let line = bytes.toString("latin1", start, Math.min(end, start + promptBytes));
        const role = roleIn(line);
        if (role === undefined) line = bytes.toString("latin1", start, end);
        if ((role ?? roleIn(line)) === "user") {
          this.#firstPrompt = promptOf(line, false) ?? promptOf(bytes.toString("latin1", start, end), lf >= 0);
        }
      }
      start = end + 1;
    }
    return this.#firstPrompt !== undefined;
  }

  /** Name and model, where they are not known yet, from the last lines that tell them. */
  takeEnd(bytes: Buffer): void {
    // Nearly no file has a name in it, and looking forwards is much faster.
    let needsName = this.#name === undefined && bytes.includes(nameStart);
    for (let end = bytes.length; end > 0 && (needsName || this.#model === undefined); ) {
      const start = end < 2 ? 0 : bytes.lastIndexOf(lineFeed, end - 2) + 1;
      const needsModel = this.#model === undefined;
      const isName = needsName && startsWith(bytes, start, nameStart);
      if (isName || (needsModel && startsWith(bytes, start, changeStart))) this.#takeOther(bytes.toString("latin1", start, end));
      else if (needsModel && startsWith(bytes, start, messageStart)) {
        let line = bytes.toString("latin1", start, Math.min(end, start + roleBytes));
        const role = roleIn(line);
        if (role === undefined) line = bytes.toString("latin1", start, end);
        if ((role ?? roleIn(line)) === "assistant") {
          this.#takeAnswer(bytes.toString("latin1", Math.max(start, end - answerBytes), end));
          if (this.#model === undefined) this.#takeAnswer(bytes.toString("latin1", start, end));
        }
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
        this.#takeOther(headerText(line));
        return;
      }
      // What is cut by the border is found with the next chunk.
      to = from === 0 ? 0 : from + wanted.length;
    }
  }

  takeAll(file: ReadableFile): void {
    const buffer = Buffer.allocUnsafe(chunkBytes);
    let pieces: string[] = [];
    for (let position = 0; ; ) {
      const read = file.read(buffer, position);
      if (read === 0) break;
      position += read;
      const text = buffer.toString("latin1", 0, read);
      const lineEnd = text.lastIndexOf("\n") + 1;
      if (lineEnd > 0) this.takeLines(pieces.join("") + text.slice(0, lineEnd), true);
      pieces = lineEnd > 0 ? [text.slice(lineEnd)] : [...pieces, text];
    }
    this.takeLines(pieces.join(""), true);
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
  #takeOther(line: string): "model" | undefined {
    if (line.startsWith(nameStart)) {
      const record = decodeLine(utf8(line));
      this.#name = typeof record?.name === "string" ? record.name : undefined;
    } else if (line.startsWith(changeStart)) {
      const record = decodeLine(utf8(line));
      if (record === undefined) return undefined;
      this.#model = `${record.provider}/${record.modelId}`;
      return "model";
    } else if (/^\{"type":"(?:compaction|usage|branch_summary)"/.test(line)) this.#cost += costIn(line, 0, line.length);
    return undefined;
  }

  #takeAnswer(line: string): void {
    const usageAt = lastWithin(line, '"usage":{', 0, line.length);
    const found = /"provider":"([^"\\]+)","model":"([^"\\]+)"/.exec(
      line.slice(Math.max(0, usageAt - 400), usageAt < 0 ? undefined : usageAt),
    );
    if (found !== null) this.#model = `${found[1]}/${found[2]}`;
  }
}

const messageStart = '{"type":"message"';
const nameStart = '{"type":"session_info"';
const changeStart = '{"type":"model_change"';

function roleIn(line: string): string | undefined {
  const at = line.indexOf('"role":"') + 8;
  const end = at < 8 ? -1 : line.indexOf('"', at);
  return end < 0 ? undefined : line.slice(at, end);
}

function startsWith(bytes: Buffer, start: number, text: string): boolean {
  if (bytes.length - start < text.length) return false;
  for (let at = 0; at < text.length; at++) if (bytes[start + at] !== text.charCodeAt(at)) return false;
  return true;
}

const letterOf = { assistant: 0x61, system: 0x73, toolResult: 0x74, user: 0x75 } as const;

/** USD, of the usage on a line. Usage stands behind the content, so that nothing in the content can be taken for it. */
function costIn(text: string, start: number, end: number): number {
  const usageAt = lastWithin(text, '"usage":{', start, end);
  const costAt = usageAt < 0 ? -1 : text.indexOf('"cost":{', usageAt);
  const totalAt = costAt < 0 ? 0 : text.indexOf('"total":', costAt) + 8;
  if (totalAt < 8 || totalAt > end) return 0;
  const to = Math.min(text.indexOf("}", totalAt), text.indexOf(",", totalAt) >>> 0);
  return Number(text.slice(totalAt, to)) || 0;
}

/** Where something last begins in a part of a text: forwards through its end first, since it mostly is there and searching backwards is slow. */
function lastWithin(text: string, wanted: string, start: number, end: number): number {
  let last = -1;
  for (let at = text.indexOf(wanted, Math.max(start, end - tailCharacters)); at >= 0 && at < end; at = text.indexOf(wanted, at + 1))
    last = at;
  if (last >= 0 || end - start <= tailCharacters) return last;
  const at = text.lastIndexOf(wanted, end);
  return at < start ? -1 : at;
}

/** The text of a user message, from its line or from what there is of it. What is shown is short, so the whole of it is decoded only at need. */
function promptOf(line: string, isWhole: boolean): string | undefined {
  let text = beginningOfText(line);
  if (text === undefined && isWhole) {
    const message = decodeLine(utf8(line))?.message as { content?: string | { type: string }[] } | undefined;
    text = message?.content === undefined ? undefined : textOf(message.content);
  }
  const beginning = text?.trimStart().slice(0, 4 * promptLength);
  const shown = beginning !== undefined && /[^\S ]| {2}/.test(beginning) ? beginning.replace(/\s+/g, " ") : beginning;
  return shown ? shown.slice(0, promptLength).trimEnd() : undefined;
}

function beginningOfText(line: string): string | undefined {
  const found = /"(?:text|content)":"((?:[^"\\]|\\.)*)/.exec(line.slice(0, 8 * promptLength))?.[1];
  if (found === undefined) return undefined;
  try {
    return JSON.parse(`"${utf8(found)}"`) as string;
  } catch {
    return undefined;
  }
}

function utf8(latin1: string): string {
  return Buffer.from(latin1, "latin1").toString("utf8");
}
