// How blocks are drawn: theme, switches, how tools are shown. One for a screen; the faces read it. Invariant: a face gets all it needs from its block
// and from this.

import type { ToolViews } from "../../../contracts/tool-view.ts";
import type { Theme } from "../../../tui/theme/theme.ts";

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
  /** Code in colours, line by line; `undefined` where the language is not known or the highlighter is not there yet. */
  highlight(code: string, language: string): string[] | undefined;
}

/** What draws one block. Of the lines that it gave last, `settled` will not change any more while the block is live. */
export interface Drawn {
  draw(width: number, look: Look): string[];
  settled?(): number;
}
