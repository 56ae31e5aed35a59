// Which of the screens is drawn on, and the way from one to the other. Made by whoever shows something on a terminal; what is shown is given its `tui`.
// Invariant: whoever holds `tui` has the screen in force, also after a switch, with the listeners and the focus it had.

import type { Component, TUI, TuiInputListener } from "@earendil-works/pi-tui";
import type { ScreenKind, ScreenTerminal } from "./screen-terminal.ts";

export interface DrawnScreen extends TUI {
  /** Whether the frame under way, or the next one, is drawn because somebody has pressed a key. */
  readonly isForKey: boolean;
  /** Whatever stands on the terminal is not ours any more. */
  forget(): void;
  /** Puts the cursor below all that was drawn, for whoever writes next. */
  leave(): void;
  /** What may still change is taken off the terminal: another screen draws it from now on. */
  withdraw(): void;
  /** Other content comes, once all that was there is gone from what it is drawn from. */
  restart(): void;
}

export class ScreenSwitch {
  readonly tui: DrawnScreen;
  readonly #terminal: ScreenTerminal;
  readonly #make: Readonly<Record<ScreenKind, () => DrawnScreen>>;
  readonly #listeners = new Set<TuiInputListener>();
  #current: DrawnScreen;
  #kind: ScreenKind;
  #focused: Component | null = null;
  #isStarted = false;

  constructor(terminal: ScreenTerminal, make: Readonly<Record<ScreenKind, () => DrawnScreen>>, kind: ScreenKind) {
    this.#terminal = terminal;
    this.#make = make;
    this.#kind = kind;
    this.#current = make[kind]();
    const own: Partial<DrawnScreen> = {
      addInputListener: (listener) => {
        this.#listeners.add(listener);
        this.#current.addInputListener(listener);
        return () => this.tui.removeInputListener(listener);
      },
      removeInputListener: (listener) => {
        this.#listeners.delete(listener);
        this.#current.removeInputListener(listener);
      },
      setFocus: (component) => {
        this.#focused = component;
        this.#current.setFocus(component);
      },
      start: () => {
        this.#isStarted = true;
        this.#current.start();
      },
    };
    this.tui = new Proxy({} as DrawnScreen, {
      get: (_, name) => {
        if (Object.hasOwn(own, name)) return own[name as keyof DrawnScreen];
        const value: unknown = Reflect.get(this.#current, name, this.#current);
        return typeof value === "function" ? value.bind(this.#current) : value;
      },
      set: (_, name, value) => Reflect.set(this.#current, name, value, this.#current),
      has: (_, name) => name in this.#current,
    });
  }

  get kind(): ScreenKind {
    return this.#kind;
  }

  get screen(): DrawnScreen {
    return this.#current;
  }

  /** Not while something lies over the screen: its place belongs to the one that it was opened on. */
  to(kind: ScreenKind): boolean {
    if (kind === this.#kind) return true;
    if (this.#current.hasOverlay()) return false;
    const before = this.#current;
    this.#kind = kind;
    if (this.#isStarted) {
      before.withdraw();
      before.stop({ preserveScreen: true });
    }
    this.#terminal.toScreen(kind);
    this.#current = this.#make[kind]();
    this.#current.setShowHardwareCursor(before.getShowHardwareCursor());
    for (const listener of this.#listeners) this.#current.addInputListener(listener);
    this.#current.setFocus(this.#focused);
    if (this.#isStarted) this.#current.start();
    return true;
  }
}
