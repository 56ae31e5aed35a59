// What stands in the transcript on the screen, one record each: made by the fold, drawn by the face of its kind. Invariant: a block knows nothing
// of the terminal; while it is live it may still change, afterwards only how it is drawn.

import type { ArgumentsSoFar } from "../../../transcript/arguments-so-far.ts";
import type { Block as ContentBlock, Fields } from "../../../transcript/read-entry.ts";

/** The entry that a block was read from. What is live has none. */
export interface Stored {
  messageId: string;
  /** ISO. */
  timestamp: string;
}

export interface BlockShapes {
  prompt: { text: string; images: { data: string; mimeType: string }[]; stored?: Stored };
  /** Text of an answer: Markdown. */
  text: { text: string; stored?: Stored };
  thinking: { text: string; startedMs: number | undefined; endedMs: number | undefined; stored?: Stored };
  tool: {
    callId: string;
    name: string;
    args: Fields;
    /** Reads them while they come; nothing once they are there. */
    coming?: ArgumentsSoFar;
    /** What has come of it, or so far. */
    result: { blocks: readonly ContentBlock[]; details: unknown; isError: boolean } | undefined;
    startedMs: number | undefined;
    durationMs: number;
  };
  /** A command of the user's own. */
  shell: {
    command: string;
    output: string;
    /** Characters that have come so far: of those that are live `output` has the last ones. */
    arrived?: number;
    /** Nothing: it could not be run. */
    exitCode: number | undefined;
    isCancelled: boolean;
    isHidden: boolean;
  };
  summary: { of: string; text: string; tokensBefore: number | undefined; tokensAfter: number | undefined; stored?: Stored };
  /** What an extension says, or has kept. */
  note: {
    name: string;
    blocks: readonly ContentBlock[];
    /** As it is kept, for a renderer of its own. */
    message: unknown;
    /** An entry, which no model is shown. */
    isEntry?: boolean;
    /** Also where outputs are cut. */
    isWhole?: boolean;
    stored?: Stored;
  };
  /** A line of ours. */
  notice: { level: "info" | "warning" | "error"; text: string; hint: string };
}

export type BlockKind = keyof BlockShapes;
export type BlockOf<K extends BlockKind> = { kind: K; isLive: boolean } & BlockShapes[K];
export type Block = { [K in BlockKind]: BlockOf<K> }[BlockKind];

/** A text of ours, as Markdown. */
export function ownNote(name: string, markdown: string): BlockOf<"note"> {
  return { kind: "note", isLive: false, name, blocks: [{ kind: "text", text: markdown }], message: undefined, isWhole: true };
}
