// Takes the tags of reasoning and of the final answer out of a streamed text; hosts put the deltas of a message through it.
// Invariant: a tag in code is text, and where the stream was cut makes no difference to what comes out.

import { CodeState } from "./code-state.ts";
import { holdingBack } from "./held-text.ts";

export interface TagFilterOptions {
  /** Only what stands in `<final>` is answer; otherwise the tag is dropped and its content kept. Default: false. */
  enforceFinalTag?: boolean;
}

export type TaggedPart = { kind: "text" | "reasoning"; text: string } | { kind: "reasoning_end" };

export interface TagFilter {
  push(delta: string): TaggedPart[];
  /** The message has ended: what was held back is decided, and a tag that was cut short is dropped. */
  end(): TaggedPart[];
  /** A tail that may yet begin a tag waits for more. */
  readonly isHolding: boolean;
  readonly hasSeenFinal: boolean;
  /** With `enforceFinalTag`: all but reasoning and tags, which is the answer where `<final>` never came. */
  readonly untaggedText: string;
}

const names = ["think", "thinking", "thought", "antthinking", "final"];
const wholeTag = new RegExp(`<[ \\t]*(/?)[ \\t]*(${names.join("|")})[ \\t]*>`, "iy");
const tagStart = /^<[ \t]*\/?[ \t]*([a-z]*)([ \t]*)$/i;
/** No tag is longer, whatever blanks are in it. */
const longestTag = 64;

type Tag = { end: number; isClosing: boolean; isFinal: boolean };

function tagAt(text: string, at: number): Tag | "open" | undefined {
  wholeTag.lastIndex = at;
  const whole = wholeTag.exec(text);
  if (whole !== null) {
    if (whole[0].length > longestTag) return undefined;
    return { end: at + whole[0].length, isClosing: whole[1] === "/", isFinal: whole[2]?.toLowerCase() === "final" };
  }
  if (text.length - at >= longestTag) return undefined;
  const [start, name = "", blanks = ""] = tagStart.exec(text.slice(at)) ?? [];
  if (start === undefined) return undefined;
  const said = name.toLowerCase();
  // Blanks behind a name end it; before one they do not.
  const mayBe = name !== "" && blanks !== "" ? names.includes(said) : names.some((one) => one.startsWith(said));
  return mayBe ? "open" : undefined;
}

export function createTagFilter(options: TagFilterOptions = {}): TagFilter {
  const isEnforced = options.enforceFinalTag === true;
  const outside = new CodeState("<");
  let inFinal = outside;
  let reasoning: CodeState | undefined;
  let isInFinal = false;
  let hasSeenFinal = false;
  let untaggedText = "";

  const add = (parts: TaggedPart[], text: string): void => {
    if (reasoning === undefined) untaggedText += isEnforced ? text : "";
    if (reasoning === undefined && isEnforced && !isInFinal) return;
    const kind = reasoning === undefined ? "text" : "reasoning";
    const last = parts.at(-1);
    if (last?.kind === kind) last.text += text;
    else parts.push({ kind, text });
  };

  const enter = (parts: TaggedPart[], tag: Tag): void => {
    if (!tag.isFinal) {
      if (reasoning !== undefined && tag.isClosing) {
        parts.push({ kind: "reasoning_end" });
        reasoning = undefined;
      } else if (!tag.isClosing) reasoning ??= new CodeState("<");
      return;
    }
    if (!tag.isClosing && !isInFinal && isEnforced) inFinal = new CodeState("<");
    isInFinal = !tag.isClosing;
    hasSeenFinal ||= isInFinal;
  };

  const take = (parts: TaggedPart[], text: string, at: number, isLast: boolean): number | "open" | undefined => {
    const tag = text[at] === "<" ? tagAt(text, at) : undefined;
    if (tag === "open") {
      if (!isLast) return "open";
      return /[/a-z]/i.test(text.slice(at)) ? text.length : undefined;
    }
    // In reasoning `<final>` is something that is thought about.
    if (tag === undefined || (tag.isFinal && reasoning !== undefined)) return undefined;
    enter(parts, tag);
    return tag.end;
  };

  const reader = holdingBack<TaggedPart>({ state: () => reasoning ?? (isInFinal ? inFinal : outside), take, add });

  return {
    push: (delta) => reader.read(delta, false),
    end: () => {
      const parts = reader.read("", true);
      if (reasoning !== undefined) parts.push({ kind: "reasoning_end" });
      reasoning = undefined;
      return parts;
    },
    get isHolding() {
      return reader.isHolding;
    },
    get hasSeenFinal() {
      return hasSeenFinal;
    },
    get untaggedText() {
      return untaggedText;
    },
  };
}
