// How blocks are drawn just now, and what that is made of: pictures as the terminal takes them, code in colours, Markdown as extensions want it. Owned by
// the interaction. Invariant: blocks see one look until it is renewed, and what comes later (a highlighter, a picture) renews it.

import { viewsOf } from "../../contracts/tool-view.ts";
import type { SessionHost } from "../../harness/host/session-host.ts";
import type { Theme } from "../../tui/theme/theme.ts";
import { CodeColours } from "./blocks/code-colours.ts";
import type { Look } from "./blocks/look.ts";
import { markdownTransforms } from "./extension-ui/renderers.ts";
import type { Keymap } from "./keymap.ts";
import { TerminalPictures } from "./pictures.ts";

export interface LookDeps {
  sessions: SessionHost;
  keys: Pick<Keymap, "keyOf">;
  now(): number;
  rows(): number;
  theme(): Theme;
  switches(): Pick<Look, "isExpanded" | "hidesThinking">;
  hiddenThinking(): string | undefined;
  /** All that is on the screen is to be drawn anew. */
  changed(): void;
  failed(what: string, error: unknown): void;
}

export class LookInForce {
  readonly #deps: LookDeps;
  readonly #pictures = new TerminalPictures(() => this.renew());
  readonly #code = new CodeColours(() => this.renew());
  readonly #transform: Look["transform"];
  #look: Look | undefined;

  constructor(deps: LookDeps) {
    this.#deps = deps;
    this.#transform = markdownTransforms({
      extensions: () => deps.sessions.extensions.inForce,
      failed: (what, error) => setTimeout(() => deps.failed(what, error), 0),
    });
  }

  get current(): Look {
    this.#look ??= this.#made();
    return this.#look;
  }

  renew(): void {
    this.#look = this.#made();
    this.#deps.changed();
  }

  #made(): Look {
    const { sessions, keys, now, rows, theme, switches, hiddenThinking } = this.#deps;
    const { showImages, imageWidth } = sessions.launch.config.values.terminal;
    return {
      theme: theme(),
      toolViews: viewsOf(sessions.coding.conversation.tools),
      ...switches(),
      hiddenThinking,
      keyOf: (id) => keys.keyOf(id),
      now,
      pictures: this.#pictures.look({ isWanted: showImages, maxColumns: imageWidth, rows }),
      transform: this.#transform,
      highlight: (code, language) => this.#code.coloured(code, language, theme()),
    };
  }
}
