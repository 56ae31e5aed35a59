// What the interactive mode shows, put together: the transcript, what is queued, the editor or what has taken its place, the footer. Made by run;
// the interaction sets what changes. Invariant: it knows nothing of sessions; a part that fails is a line, and the rest goes on.

import {
  type AutocompleteProvider,
  type Component,
  Container,
  type EditorComponent,
  type EditorTheme,
  getCapabilities,
  isKeyRelease,
  type OverlayHandle,
  type OverlayOptions,
  truncateToWidth,
} from "@earendil-works/pi-tui";
import { Fence } from "../../tui/fence.ts";
import { FullScreen, type FullScreenOptions } from "../../tui/full-screen.ts";
import { DrawnBlock, KeptLines } from "../../tui/kept-lines.ts";
import { leastColumns, leastRows, MainScreen } from "../../tui/main-screen.ts";
import { markedPaste } from "../../tui/paste-gate.ts";
import { wholeLines, withoutLinks, writtenRow } from "../../tui/row.ts";
import { type DrawnScreen, ScreenSwitch } from "../../tui/screen-switch.ts";
import type { ScreenKind, ScreenTerminal } from "../../tui/screen-terminal.ts";
import { shownText } from "../../tui/shown-text.ts";
import { listColours } from "../../tui/theme/list-colours.ts";
import type { Theme } from "../../tui/theme/theme.ts";
import type { Block } from "./blocks/block.ts";
import { BlockView } from "./blocks/block-view.ts";
import type { Drawn, Look } from "./blocks/look.ts";
import { PromptEditor, type PromptEditorHooks } from "./editor/prompt-editor.ts";
import type { BlockSink } from "./fold.ts";
import type { Keymap } from "./keymap.ts";
import { type FooterFacts, footerLines } from "./status/footer.ts";

export interface ScreenHooks {
  theme(): Theme;
  look(): Look;
  keys: Keymap;
  editor: PromptEditorHooks;
  queue(): { steering: readonly string[]; followUp: readonly string[] };
  footer(): FooterFacts;
  drawsEntry(name: string): boolean;
  /** Of an extension, for a block of its own. */
  faceFor(block: Block): Drawn | undefined;
  /** Blocks of what is above all that is shown; whether there was any. */
  earlier(sink: BlockSink): boolean;
  now(): number;
}

export interface ScreenOptions {
  kind: ScreenKind;
  reflows: boolean;
  /** Of the screen of our own, as the settings have it. */
  fullScreen: Pick<FullScreenOptions, "scrollbar" | "library">;
  failed(what: string, error: unknown): void;
}

/** What there is to do with the text under way. */
export type EditorFace = Required<
  Pick<EditorComponent, "getText" | "getExpandedText" | "setText" | "insertTextAtCursor" | "addToHistory" | "handleInput">
> & {
  /** As if the terminal had it pasted: text, whatever is in it. */
  paste(text: string): void;
};

/** So long nobody has typed when a dialog takes the keys. */
const quietMs = 300;

export class Screen {
  /** The screen in force, whichever it is. */
  readonly tui: DrawnScreen;
  readonly #switch: ScreenSwitch;
  readonly transcript = new KeptLines();
  readonly editorTheme: EditorTheme;
  /** Ours; an extension's may stand in its place. */
  readonly #own: PromptEditor;
  readonly #failed: (what: string, error: unknown) => void;
  /** As an editor of an extension's has told it. */
  #toldText = "";
  #editor: EditorComponent;
  #completion: AutocompleteProvider | undefined;
  onSubmit: (text: string) => void = () => {};
  onChange: () => void = () => {};
  readonly above = new Container();
  readonly below = new Container();
  readonly #hooks: ScreenHooks;
  readonly #bottom = new Container();
  readonly #slot = new Container();
  readonly #foot = new Container();
  readonly #views = new WeakMap<Block, BlockView>();
  #lastKeyMs = 0;
  /** What has the place of the editor, the last one on top. */
  readonly #open: { component: Component; giveUp(): void }[] = [];
  readonly #waiting = new Set<NodeJS.Timeout>();

  constructor(terminal: ScreenTerminal, hooks: ScreenHooks, how: ScreenOptions) {
    this.#hooks = hooks;
    const drawn = {
      noRoom: `pi needs ${leastColumns} columns and ${leastRows} rows`,
      failed: (error: unknown) => how.failed("the screen", error),
    };
    const make = {
      main: () => {
        const screen = new MainScreen(terminal, { tail: this.transcript, reflows: how.reflows, ...drawn });
        screen.addChild(this.#bottom);
        return screen;
      },
      alternate: () =>
        new FullScreen(terminal, {
          ...how.fullScreen,
          ...drawn,
          transcript: this.transcript,
          bottom: this.#bottom,
          earlier: (width) => this.#earlier(width),
          track: (text) => hooks.theme().fg("scrollbarTrack", text),
          thumb: (text) => hooks.theme().fg("scrollbarThumb", text),
        }),
    };
    this.#switch = new ScreenSwitch(terminal, make, how.kind);
    this.tui = this.#switch.tui;
    const { theme } = hooks;
    this.editorTheme = { borderColor: (text) => theme().fg("border", text), selectList: listColours(theme) };
    this.#own = new PromptEditor(this.tui, this.editorTheme);
    this.#own.attach(hooks.editor);
    this.#failed = how.failed;
    this.#editor = this.#own;
    this.#own.onSubmit = (text) => this.onSubmit(text);
    this.#own.onChange = () => this.onChange();
    const fenced = (name: string, render: (width: number) => string[]): Fence =>
      new Fence({ render, invalidate: () => {} }, name, (error) => how.failed(name, error));
    this.#slot.addChild(new Fence(this.#editor, "the editor", (error) => how.failed("the editor", error)));
    this.#bottom.addChild(fenced("the queue", (width) => this.#queueLines(width)));
    this.#bottom.addChild(this.above);
    this.#bottom.addChild(this.#slot);
    this.#bottom.addChild(this.below);
    this.#foot.addChild(fenced("the footer", (width) => footerLines(hooks.footer(), width, theme())));
    this.#bottom.addChild(this.#foot);
    this.tui.addInputListener((data) => {
      this.#lastKeyMs = hooks.now();
      // What is fenced is an extension's, and has all keys.
      const top = this.#open.at(-1)?.component;
      if (top === undefined || top instanceof Fence || isKeyRelease(data) || !hooks.keys.matches(data, "app.suspend")) return undefined;
      hooks.editor.onAction("app.suspend");
      return { consume: true };
    });
  }

  /** The text under way, whoever's editor has it. */
  get editor(): EditorFace {
    const editor = this.#sound();
    const take = (data: string): void => {
      editor.handleInput(data);
      this.tui.requestRender();
    };
    return {
      getText: () => editor.getText(),
      getExpandedText: () => editor.getExpandedText?.() ?? editor.getText(),
      setText: (text) => {
        editor.setText(text);
        this.tui.requestRender();
      },
      insertTextAtCursor: (text) => {
        if (editor.insertTextAtCursor === undefined) editor.setText(editor.getText() + text);
        else editor.insertTextAtCursor(text);
      },
      addToHistory: (text) => editor.addToHistory?.(text),
      handleInput: take,
      paste: (text) => {
        if (editor instanceof PromptEditor) editor.paste(markedPaste(text));
        else editor.handleInput(markedPaste(text));
        this.tui.requestRender();
      },
    };
  }

  /** In place of ours, with the text as it is; without one ours again. */
  setEditor(editor: EditorComponent | undefined): void {
    const text = this.#textOf(this.#editor);
    this.#use(this.#own, text);
    if (editor !== undefined) this.#use(editor, text);
  }

  /** Where that fails, what was there before is there. */
  #use(editor: EditorComponent, text: string): void {
    if (editor instanceof PromptEditor) editor.attach(this.#hooks.editor);
    editor.onSubmit = (sent) => this.onSubmit(sent);
    editor.onChange = (changed) => {
      this.#toldText = changed;
      this.onChange();
    };
    const before = this.#editor;
    // First: who hears of the text may ask what it is.
    this.#editor = editor;
    try {
      editor.setText(text);
      if (this.#completion !== undefined) editor.setAutocompleteProvider?.(this.#completion);
    } catch (error) {
      this.#editor = before;
      throw error;
    }
    this.#toldText = text;
    this.#place();
  }

  #textOf(editor: EditorComponent): string {
    try {
      return editor.getExpandedText?.() ?? editor.getText();
    } catch {
      return this.#toldText;
    }
  }

  /** The one in force; an extension's that cannot say its text is none. */
  #sound(): EditorComponent {
    const editor = this.#editor;
    if (editor === this.#own) return editor;
    try {
      editor.getText();
    } catch (error) {
      this.#giveUp(editor, error);
    }
    return this.#editor;
  }

  /** Ours is there again, with the text: nobody is left without one. */
  #giveUp(editor: EditorComponent, error: unknown): void {
    if (editor === this.#own || editor !== this.#editor) return;
    this.setEditor(undefined);
    this.#failed("the editor", error);
  }

  setCompletion(provider: AutocompleteProvider): void {
    this.#completion = provider;
    this.#editor.setAutocompleteProvider?.(provider);
  }

  start(): void {
    // First: keys may have come already.
    this.#focus();
    this.tui.start();
  }

  get kind(): ScreenKind {
    return this.#switch.kind;
  }

  /** Whether it is so now: what lies over the screen is closed first. */
  switchTo(kind: ScreenKind): boolean {
    return this.#switch.to(kind);
  }

  /** What was drawn on the main screen stays; the cursor stands below it. */
  stop(): void {
    for (const timer of this.#waiting) clearTimeout(timer);
    this.tui.leave();
    this.tui.stop({ preserveScreen: true });
  }

  /** Of the transcript, what the terminal's own screen does not have yet. */
  takeRest(width: number): string {
    const rows = this.transcript.lines(width).lines.map((line) => writtenRow(line, width));
    const text = wholeLines(rows, width).join("\r\n");
    return getCapabilities().hyperlinks ? text : withoutLinks(text);
  }

  add(block: Block): void {
    const view = this.#viewOf(block);
    this.#views.set(block, view);
    this.transcript.add(view);
    this.tui.requestRender();
  }

  #viewOf(block: Block): BlockView {
    return new BlockView(block, this.#hooks.look, this.#hooks.faceFor(block), this.tui);
  }

  /** How many lines have come in above all that was there. */
  #earlier(width: number): number {
    for (;;) {
      const views: BlockView[] = [];
      const viewOf = (block: Block): BlockView | undefined => views.findLast((view) => view.block === block);
      const hasMore = this.#hooks.earlier({
        add: (block) => void views.push(this.#viewOf(block)),
        changed: (block) => viewOf(block)?.changed(),
        remove: (block) => {
          const view = viewOf(block);
          if (view !== undefined) views.splice(views.indexOf(view), 1);
        },
        drawsEntry: (name) => this.drawsEntry(name),
      });
      if (!hasMore) return 0;
      this.transcript.prepend(views);
      const lines = views.reduce((sum, view) => sum + view.lines(width).length, 0);
      if (lines > 0) return lines;
    }
  }

  changed(block: Block): void {
    const view = this.#views.get(block);
    if (view === undefined) return;
    view.changed();
    // What was finished may be said anew: an answer by its message, a tool's output by its result.
    if (!block.isLive) this.transcript.changed(view);
    this.tui.requestRender();
  }

  drawsEntry(name: string): boolean {
    return this.#hooks.drawsEntry(name);
  }

  remove(block: Block): void {
    const view = this.#views.get(block);
    if (view === undefined) return;
    this.transcript.remove(view);
    this.tui.requestRender();
  }

  /** The look is another one: what is still on the screen is drawn anew. */
  lookChanged(): void {
    this.transcript.invalidate();
    this.tui.invalidate();
    this.tui.requestRender();
  }

  clear(): void {
    this.transcript.clear();
    this.#switch.screen.restart();
    this.tui.requestRender();
  }

  /**
   * In the place of the editor, once nobody has typed for a moment; `isAsked`: the user wants it, at once. Gives the way to close it. `failed`: it cannot be
   * shown, which has been said; it is closed by then.
   */
  open(component: Component, isAsked: boolean, failed: () => void = () => {}): () => void {
    const one = {
      component,
      giveUp: () => {
        close();
        failed();
      },
    };
    const show = (): void => {
      this.#open.push(one);
      this.#place();
    };
    const giveUp = this.whenQuiet(show, isAsked);
    const close = (): void => {
      giveUp();
      const at = this.#open.indexOf(one);
      if (at < 0) return;
      this.#open.splice(at, 1);
      this.#place();
    };
    return close;
  }

  /** Once nobody has typed for a moment, or now. Gives the way to give it up. */
  whenQuiet(show: () => void, isNow = false): () => void {
    let timer: NodeJS.Timeout | undefined;
    const look = (): void => {
      if (timer !== undefined) this.#waiting.delete(timer);
      const left = isNow ? 0 : quietMs - (this.#hooks.now() - this.#lastKeyMs);
      if (left <= 0) {
        show();
        return;
      }
      timer = setTimeout(look, left);
      this.#waiting.add(timer);
    };
    look();
    return () => {
      clearTimeout(timer);
      if (timer !== undefined) this.#waiting.delete(timer);
    };
  }

  get isSomethingOpen(): boolean {
    return this.#open.length > 0;
  }

  overlay(component: Component, options?: OverlayOptions): OverlayHandle {
    return this.tui.showOverlay(component, options);
  }

  /** Above all that was said. */
  setHeader(component: Component | undefined): void {
    this.transcript.setTop(component && new DrawnBlock(component));
    this.tui.requestRender();
  }

  /** In place of ours; without one ours again. */
  setFooter(component: Component | undefined): void {
    this.#foot.clear();
    this.#foot.addChild(
      component ??
        new Fence(
          { render: (width) => footerLines(this.#hooks.footer(), width, this.#hooks.theme()), invalidate: () => {} },
          "the footer",
          () => {},
        ),
    );
    this.tui.requestRender();
  }

  #place(): void {
    this.#slot.clear();
    const top = this.#open.at(-1);
    const editor = this.#editor;
    // Not while a frame is made of what is there.
    const fenced = (inner: Component, name: string, failed: (error: unknown) => void): Fence =>
      new Fence(inner, name, (error) => queueMicrotask(() => failed(error)));
    this.#slot.addChild(
      top === undefined
        ? fenced(editor, "the editor", (error) => this.#giveUp(editor, error))
        : fenced(top.component, "the dialog", (error) => {
            this.#failed("the dialog", error);
            top.giveUp();
          }),
    );
    this.#focus();
    this.tui.requestRender();
  }

  #focus(): void {
    this.tui.setFocus(this.#slot.children[0] ?? null);
  }

  #queueLines(width: number): string[] {
    const { steering, followUp } = this.#hooks.queue();
    const theme = this.#hooks.theme();
    const line = (label: string, text: string): string =>
      truncateToWidth(theme.fg("dim", `${label}: ${shownText(text).replaceAll("\n", " ↵ ")}`), width);
    const lines = [...steering.map((text) => line("next", text)), ...followUp.map((text) => line("then", text))];
    if (lines.length === 0) return [];
    const more = lines.length > 5 ? [theme.fg("dim", `… ${lines.length - 5} more`)] : [];
    const key = this.#hooks.keys.keyOf("app.message.dequeue");
    return ["", ...lines.slice(0, 5), ...more, ...(key === "" ? [] : [truncateToWidth(theme.fg("dim", `${key} takes them back`), width)])];
  }
}
