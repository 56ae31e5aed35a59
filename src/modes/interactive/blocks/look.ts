// How blocks are drawn: theme, switches, how tools are shown. One for a screen; the faces read it. Invariant: a face gets all it needs from its block
// and from this.

import type { ToolViews } from "../../../contracts/tool-view.ts";
import type { Theme } from "../../../tui/theme/theme.ts";
import type { Stored } from "./block.ts";

export interface Look {
  theme: Theme;
  toolViews: ToolViews;
  /** Outputs, diffs and summaries in full. */
  isExpanded: boolean;
  hidesThinking: boolean;
  /** What stands for hidden thinking, where an extension has said. */
  hiddenThinking(): string | undefined;
  /** The key of an action, for hints. */
  keyOf(action: string): string;
  now(): number;
  pictures: PictureLook;
  /** Markdown as extensions want it shown; what is kept, and what a model is told, stays as it is. */
  transform(markdown: string, of: TransformedMarkdown): string;
  /** Code in colours, line by line; `undefined` where the language is not known or the highlighter is not there yet. */
  highlight(code: string, language: string): string[] | undefined;
}

export interface TransformedMarkdown extends Partial<Stored> {
  messageType: "user" | "assistant" | "assistant-thinking" | "custom" | "summary";
  /** More of it is to come. */
  isStreaming: boolean;
  availableWidth: number;
}

export interface Picture {
  data: string;
  mimeType: string;
}

export interface PictureLook {
  /** Whether the terminal can and the user wants to; else a line stands for them. */
  areShown: boolean;
  maxColumns: number;
  maxRows(): number;
  /** As the terminal takes it. `undefined`: not yet, and everything is drawn anew once it is; `null`: it cannot be shown. */
  forTerminal(picture: Picture): Picture | null | undefined;
}

/** What draws one block. Of the lines that it gave last, `settled` will not change any more while the block is live. */
export interface Drawn {
  draw(width: number, look: Look): string[];
  settled?(): number;
}
