// The highlighter, loaded when the first code in a language is to be shown. Made by the interaction; the faces reach it through the look.
// Invariant: no frame waits for it; code is shown plain until it is there, and everything is drawn anew then.

import type { colouredCode } from "../../../transcript/code/coloured-code.ts";
import type { Theme } from "../../../tui/theme/theme.ts";

export class CodeColours {
  readonly #ready: () => void;
  #highlight: typeof colouredCode | undefined;
  #isAsked = false;

  constructor(ready: () => void) {
    this.#ready = ready;
  }

  coloured(code: string, language: string, theme: Theme): string[] | undefined {
    if (language === "" || theme.depth === "none") return undefined;
    if (this.#highlight !== undefined) return this.#highlight(code, language, theme);
    if (!this.#isAsked) void this.#load();
    this.#isAsked = true;
    return undefined;
  }

  async #load(): Promise<void> {
    this.#highlight = (await import("../../../transcript/code/coloured-code.ts")).colouredCode;
    this.#ready();
  }
}
