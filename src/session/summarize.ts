// What a list shows of a session, read from the head and the tail of its file. Called by list-sessions.
// Works on latin1 text: quotes and braces are where they are in UTF-8, and nothing is decoded but what is shown.

import { textOf } from "../contracts/message.ts";
import { decodeLine, isHeader } from "./line-codec.ts";
import type { SessionSummary } from "./session-summary.ts";

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
/** A usage mostly stands within so many characters of its line's end, that of a tool result always. */
const tailCharacters = 700;

/** `undefined` when the file is no session. `whole` reads everything, so that counts and cost are known at any size. */
export function summarizeFile(
  file: ReadableFile,
  about: { path: string; modifiedMs: number },
  buffer: Buffer,
  whole: boolean,
): SessionSummary | undefined {
  const scan = new SummaryScan();
  const isShort = file.size <= (whole ? buffer.length : headBytes + tailBytes);
  const head = textAt(file, buffer, 0, isShort ? file.size : headBytes);
  if (!scan.takeHeader(head)) return undefined;
  if (isShort) scan.takeLines(head, true);
  else if (whole) scan.takeAll(file);
  else {
    const tail = textAt(file, buffer, file.size - tailBytes, tailBytes);
    scan.takeEnd(tail.slice(tail.indexOf("\n") + 1));
    scan.takeEnd(head);
    // A long system message stands before the first prompt: then the head is longer.
    if (!scan.takePrompt(head)) scan.takePrompt(textAt(file, buffer, 0, Math.min(file.size, summaryBytes)));
  }
  return scan.summary(about.path, about.modifiedMs, file.size, isShort || whole);
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
  let filled = 0;
  while (filled < length) {
    const read = file.read(buffer.subarray(filled, length), position + filled);
    if (read === 0) break;
    filled += read;
  }
  return buffer.toString("latin1", 0, filled);
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

  /** Whether the first prompt was in this beginning of a file. */
  takePrompt(text: string): boolean {
    for (let start = 0; start >= 0 && this.#firstPrompt === undefined; ) {
      const lf = text.indexOf("\n", start);
      const end = lf < 0 ? text.length : lf;
      if (text.startsWith(messageStart, start) && roleAt(text, start, end) === "user") {
        this.#firstPrompt = promptOf(text.slice(start, end), lf >= 0);
      }
      start = lf < 0 ? -1 : lf + 1;
    }
    return this.#firstPrompt !== undefined;
  }

  /** Name and model, where they are not known yet, from the last lines that tell them. */
  takeEnd(text: string): void {
    // Nearly no text has a name in it, and looking forwards is much faster.
    let needsName = this.#name === undefined && text.includes(nameStart);
    for (let end = text.length; end > 0 && (needsName || this.#model === undefined); ) {
      const start = text.lastIndexOf("\n", end - 2) + 1;
      const isName = needsName && text.startsWith(nameStart, start);
      if (isName || (this.#model === undefined && text.startsWith(changeStart, start))) this.#takeOther(text.slice(start, end));
      else if (this.#model === undefined && text.startsWith(messageStart, start) && roleAt(text, start, end) === "assistant") {
        this.#takeAnswer(text.slice(start, end));
      }
      if (isName) needsName = false;
      end = start;
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

function roleAt(text: string, start: number, end: number): string | undefined {
  const at = text.indexOf('"role":"', start) + 8;
  return at < 8 || at > end ? undefined : text.slice(at, text.indexOf('"', at));
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
