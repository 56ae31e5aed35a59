// The screen of our own: the terminal's other one, on which we scroll ourselves, with the editor fixed below; wheel, selection, search and scrollbar are
// the library's. Made by whoever opens one. Invariants: a frame is one write inside a synchronized update, and none where nothing has changed; a mode of the
// terminal is switched on by its owner alone; a reader who has scrolled up stays where he is, also when what is above comes in.

import {
  type Component,
  getCapabilities,
  type OverlayHandle,
  type OverlayOptions,
  ScrollView,
  sliceByColumn,
  TuiAltScreen,
  type TuiAltScreenOptions,
  VStack,
} from "@earendil-works/pi-tui";
import { Fence } from "./fence.ts";
import { leastColumns, leastRows } from "./main-screen.ts";
import { withoutLinks } from "./row.ts";
import type { ScreenTerminal } from "./screen-terminal.ts";

export interface FullScreenOptions {
  /** What scrolls. */
  transcript: Component;
  /** What does not, below it. */
  bottom: Component;
  noRoom: string;
  /** A frame failed: the screen stays as it was. */
  failed(error: unknown): void;
  /** Brings in some of what is above all that is there; how many lines it has at this width, 0: there is no more. */
  earlier(width: number): number;
  scrollbar: "auto" | "always" | "hidden";
  track(text: string): string;
  thumb(text: string): string;
  library: TuiAltScreenOptions;
}

/** What the library keeps of a search under way. */
interface Search {
  query: string;
  matches: { segments: { row: number }[] }[];
  selectedIndex: number;
  anchorRow: number;
  selectionMode: string;
}

const begin = "\u001b[?2026h";
const end = "\u001b[?2026l";
const cursorAtEnd = /(?:\u001b\[\d+;\d+H)?\u001b\[\?25[hl]\u001b\[\?2026l$/;
/** In pieces that no key waits for; shown after so many of them. */
const sliceMs = 10;
const slicesShown = 40;

export class FullScreen extends TuiAltScreen {
  readonly #terminal: ScreenTerminal;
  readonly #options: FullScreenOptions;
  readonly #scroll: ScrollView;
  #isWaiting = false;
  isForKey = false;
  /** Where the last frame has left the cursor. */
  #cursor = "";
  #hasRoom = true;
  #bringing: NodeJS.Timeout | undefined;
  /** On the way to the very first line. */
  #goesToTop = false;

  constructor(terminal: ScreenTerminal, options: FullScreenOptions) {
    super(terminal, false, undefined, options.library);
    this.#terminal = terminal;
    this.#options = options;
    this.#scroll = new ScrollView(options.transcript, {
      follow: "end",
      primary: true,
      scrollbar: options.scrollbar,
      scrollbarTrackStyle: options.track,
      scrollbarThumbStyle: options.thumb,
    });
    const stack = new VStack();
    stack.addChild(this.#scroll, { basis: 0, grow: 1, shrink: 0 });
    stack.addChild(options.bottom, { basis: "auto", grow: 0, shrink: 1 });
    this.setLayoutRoot(stack);
    this.addInputListener(() => {
      this.isForKey = true;
      return undefined;
    });
    terminal.on.drain = () => {
      if (!this.#isWaiting) return;
      this.#isWaiting = false;
      // It was due when it had to wait; what has come since is in it.
      this.renderNow();
    };
  }

  /** Whatever stands on the screen is not ours any more. */
  forget(): void {
    this.resetRenderState();
    this.#cursor = "";
  }

  /** It vanishes with its screen. */
  leave(): void {
    clearTimeout(this.#bringing);
    this.#bringing = undefined;
    this.forget();
  }

  withdraw(): void {
    this.leave();
  }

  /** The library's own, the search, is typed and pasted into as well. */
  override showOverlay(component: Component, options?: OverlayOptions): OverlayHandle {
    const fenced = component instanceof Fence ? component : new Fence(component, "the search", (error) => this.#options.failed(error));
    return super.showOverlay(fenced, options);
  }

  /** Of all there is, not of what has come in so far. */
  override scrollToTop(): void {
    super.scrollToTop();
    this.#goesToTop = true;
  }

  /** Other content: from its end on. */
  restart(): void {
    this.resetTextSelection();
    this.scrollToBottom();
  }

  protected override beforeTerminalStart(): void {
    this.#terminal.capture(() => super.beforeTerminalStart());
  }

  protected override beforeTerminalStop(options: object): void {
    const text = this.#terminal.capture(() => super.beforeTerminalStop(options));
    // Pictures would outlive their screen.
    for (const [graphics] of text.matchAll(/\u001b_G[^\u001b]*\u001b\\/g)) this.#terminal.write(graphics);
  }

  protected override afterTerminalStop(): void {
    this.#terminal.capture(() => super.afterTerminalStop({ preserveScreen: true }));
  }

  protected override doRender(): void {
    if (this.stopped) return;
    if (this.#terminal.device.isBusy) {
      this.#isWaiting = true;
      return;
    }
    const { columns, rows } = this.terminal;
    if (columns < leastColumns || rows < leastRows) {
      this.forget();
      this.#hasRoom = false;
      this.#terminal.write(`${begin}\u001b[2J\u001b[H${sliceByColumn(this.#options.noRoom, 0, columns, true)}\u001b[?25l${end}`);
      return;
    }
    if (!this.#hasRoom) this.forget();
    this.#hasRoom = true;
    try {
      // Somebody went elsewhere meanwhile.
      if (this.#scroll.scrollTop > 0) this.#goesToTop = false;
      if (this.#wantsAll) this.#bringAll();
      else if (!this.#scroll.isFollowingEnd && this.#scroll.scrollTop <= this.#scroll.viewportHeight) {
        const brought = this.#options.earlier(this.#width);
        this.#shift(brought);
        // All of it is in sight: there is no end to go to.
        if (brought === 0 && this.#options.transcript.render(this.#width).length <= this.#scroll.viewportHeight) this.scrollToBottom();
      }
      this.#write(this.#terminal.capture(() => super.doRender()));
    } catch (error) {
      this.#options.failed(error);
    } finally {
      this.isForKey = false;
    }
  }

  get #width(): number {
    return this.#scroll.getContentWidth(this.terminal.columns);
  }

  get #wantsAll(): boolean {
    return this.#goesToTop || Boolean(this.#search?.query);
  }

  /** It is the library's own. */
  get #search(): Search | undefined {
    return (this as unknown as { activeSearch?: Search }).activeSearch;
  }

  #write(frame: string): void {
    const cursor = cursorAtEnd.exec(frame)?.[0] ?? "";
    if (frame.length === begin.length + cursor.length && cursor === this.#cursor) return;
    this.#cursor = cursor;
    this.#terminal.write(getCapabilities().hyperlinks ? frame : withoutLinks(frame));
  }

  /** So many lines have come in above: the reader, and what he has found, stay where they are. */
  #shift(lines: number): void {
    if (lines === 0) return;
    const search = this.#search;
    if (search !== undefined) {
      const found = search.matches[search.selectedIndex]?.segments[0]?.row;
      search.anchorRow = (found ?? search.anchorRow) + lines;
      search.selectionMode = "query";
    }
    if (this.#scroll.isFollowingEnd || this.#goesToTop) return;
    const top = this.#scroll.scrollTop + lines;
    const height = this.#options.transcript.render(this.#width).length;
    this.#scroll.updateLayout(height, this.#scroll.viewportHeight, () => this.requestRender());
    this.#scroll.scrollTo(top);
  }

  /** Who searches, or goes to the top, means all there is. */
  #bringAll(slices = 0, lines = 0): void {
    if (slices === 0 && this.#bringing !== undefined) return;
    this.#bringing = setTimeout(() => {
      this.#bringing = undefined;
      if (this.stopped) return;
      const until = performance.now() + sliceMs;
      let brought = lines;
      let hasMore = this.#wantsAll;
      while (hasMore && performance.now() < until) {
        const more = this.#options.earlier(this.#width);
        brought += more;
        hasMore = more > 0;
      }
      if (hasMore && slices < slicesShown) this.#bringAll(slices + 1, brought);
      else {
        this.#shift(brought);
        if (!hasMore) this.#goesToTop = false;
        if (brought === 0) return;
        this.requestRender();
      }
    }, 1);
  }
}
