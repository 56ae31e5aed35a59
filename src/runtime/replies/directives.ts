// Takes directives to the host (`[[reply_to:ID]]`, `[[audio_as_voice]]`, `MEDIA:` lines) out of a streamed text and says what they ask for.
// Invariant: one in code is text, as is one whose medium we do not vouch for; where the stream was cut makes no difference.

import { CodeState } from "./code-state.ts";
import { holdingBack } from "./held-text.ts";

export interface ReplyPayload {
  text?: string;
  /** Paths as the model wrote them, without `..`, and https URLs. */
  mediaUrls?: string[];
  audioAsVoice?: boolean;
  replyToId?: string;
  /** A directive asked for the reply, not the host's own rule. */
  replyToTag?: boolean;
  replyToCurrent?: boolean;
  isReasoning?: boolean;
}

export type DirectedPart =
  | { kind: "text"; text: string }
  | { kind: "media"; url: string }
  | { kind: "audio_as_voice" }
  | { kind: "reply_to_current" }
  | { kind: "reply_to"; id: string };

export interface DirectiveFilter {
  push(delta: string): DirectedPart[];
  /** The message has ended: what was held back is decided, and a directive that was cut short is dropped. */
  end(): DirectedPart[];
  /** A tail that may yet begin one waits for more. */
  readonly isHolding: boolean;
}

const whole = /\[\[[ \t]*(?:(reply_to_current)|(audio_as_voice)|reply_to[ \t]*:[ \t]*([^[\]\n]{1,200}))[ \t]*\]\]/iy;
const longestDirective = 256;
const mediaLine = /^[ \t]{0,3}MEDIA:[ \t]*(.*?)[ \t\r]*$/;
const longestMediaLine = 4096;

/** Whether more text could make a directive of what there is. */
function mayBeDirective(text: string): boolean {
  if (text === "[") return true;
  const inner = /^\[\[[ \t]*(.*)$/i.exec(text)?.[1]?.toLowerCase();
  if (inner === undefined || text.length >= longestDirective) return false;
  const name = inner.replace(/(?<![ \t])[ \t]*\]?$/, "");
  if (name === inner && ["reply_to_current", "audio_as_voice", "reply_to:"].some((one) => one.startsWith(name))) return true;
  return name === "reply_to_current" || name === "audio_as_voice" || /^reply_to[ \t]*(?::[^[\]\n]*)?$/.test(name);
}

/** A path, or an https URL; nothing that leaves its folder, names another machine or is of another scheme. */
function isMedium(value: string): boolean {
  if (value === "" || /\p{Cc}/u.test(value) || value.split(/[\\/]/).includes("..")) return false;
  if (/^https:\/\//i.test(value)) return URL.canParse(value) && !/\s/.test(value);
  return !/^[a-z][a-z0-9+.-]+:/i.test(value) && !/^[\\/]{2}/.test(value);
}

export function createDirectiveFilter(): DirectiveFilter {
  const state = new CodeState("[");
  /** What came out of the line so far ends in nothing or a blank. */
  let isAfterBlank = true;
  let isLineEmpty = true;
  let isAfterDirective = false;

  const add = (parts: DirectedPart[], text: string): void => {
    const last = parts.at(-1);
    if (last?.kind === "text") last.text += text;
    else parts.push({ kind: "text", text });
    isAfterBlank = text.endsWith(" ") || /\s/.test(text.charAt(text.length - 1));
    isLineEmpty = text.endsWith("\n");
    isAfterDirective = false;
  };

  /** The end of a `MEDIA:` line at `at`; "open" where the line could still become one. */
  const mediaAt = (text: string, at: number, isLast: boolean): { end: number; url: string } | "open" | undefined => {
    const first = text.charAt(at);
    if (first !== "M" && first !== " " && first !== "\t") return undefined;
    const start = text.slice(at, at + 9).replace(/^[ \t]{0,3}/, "");
    if (!start.startsWith("MEDIA:")) return "MEDIA:".startsWith(start) && text.length - at < 9 && !isLast ? "open" : undefined;
    const lineEnd = text.indexOf("\n", at);
    const length = (lineEnd < 0 ? text.length : lineEnd) - at;
    if (length > longestMediaLine) return undefined;
    if (lineEnd < 0 && !isLast) return "open";
    const url = mediaLine.exec(text.slice(at, at + length))?.[1] ?? "";
    // An empty one was cut short by the end of the message.
    if (!isMedium(url) && !(url === "" && lineEnd < 0)) return undefined;
    return { end: lineEnd < 0 ? text.length : lineEnd + 1, url };
  };

  const directiveAt = (text: string, at: number): { end: number; part: DirectedPart } | undefined => {
    whole.lastIndex = at;
    const found = whole.exec(text);
    if (found === null || found[0].length > longestDirective) return undefined;
    const end = at + found[0].length;
    if (found[2] !== undefined) return { end, part: { kind: "audio_as_voice" } };
    if (!isAfterBlank && !isAfterDirective) return undefined;
    if (found[1] !== undefined) return { end, part: { kind: "reply_to_current" } };
    const id = found[3]?.trim() ?? "";
    return id === "" ? undefined : { end, part: { kind: "reply_to", id } };
  };

  /** Blanks that only kept a directive apart, and the line break of a line that held nothing else. */
  const skipAfterDirective = (text: string, at: number): number => {
    let next = at;
    while (isAfterBlank && (text[next] === " " || text[next] === "\t")) next++;
    if (text[next] === "\r" && text[next + 1] === "\n") next++;
    if (isLineEmpty && text[next] === "\n") {
      isAfterDirective = false;
      return next + 1;
    }
    return next;
  };

  const take = (parts: DirectedPart[], text: string, at: number, isLast: boolean): number | "open" | undefined => {
    if (isAfterDirective) {
      const next = skipAfterDirective(text, at);
      if (next > at) return next;
      if (text[at] === "\r" && at + 1 === text.length && !isLast) return "open";
    }
    const media = isLineEmpty ? mediaAt(text, at, isLast) : undefined;
    if (media === "open") return "open";
    if (media !== undefined) {
      if (media.url !== "") parts.push({ kind: "media", url: media.url });
      return media.end;
    }
    if (text[at] !== "[") return undefined;
    const directive = directiveAt(text, at);
    if (directive !== undefined) {
      parts.push(directive.part);
      isAfterDirective = true;
      return directive.end;
    }
    const rest = text.slice(at, at + longestDirective);
    if (at + rest.length < text.length || !mayBeDirective(rest)) return undefined;
    if (!isLast) return "open";
    return /[a-z]/i.test(rest) ? text.length : undefined;
  };

  const reader = holdingBack<DirectedPart>({ state: () => state, take, add });

  return {
    push: (delta) => reader.read(delta, false),
    end: () => reader.read("", true),
    get isHolding() {
      return reader.isHolding;
    },
  };
}

/** One payload of what was said; of several replies the last counts. */
export function payloadOf(parts: readonly DirectedPart[]): ReplyPayload {
  const payload: ReplyPayload = {};
  for (const part of parts) {
    if (part.kind === "text") payload.text = (payload.text ?? "") + part.text;
    if (part.kind === "media") payload.mediaUrls = [...(payload.mediaUrls ?? []), part.url];
    if (part.kind === "audio_as_voice") payload.audioAsVoice = true;
    if (part.kind !== "reply_to" && part.kind !== "reply_to_current") continue;
    payload.replyToTag = true;
    delete payload.replyToId;
    delete payload.replyToCurrent;
    if (part.kind === "reply_to") payload.replyToId = part.id;
    else payload.replyToCurrent = true;
  }
  return payload;
}

/** The directives of a text that is there as a whole. */
export function parseDirectives(text: string): ReplyPayload {
  const filter = createDirectiveFilter();
  return payloadOf([...filter.push(text), ...filter.end()]);
}
