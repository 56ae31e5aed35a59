// `ctx.ui` at a terminal. Made by the interaction; extensions get it as their user interface. Invariant: what an extension draws is fenced; a session that is
// replaced takes its widgets, footer, dialogs and completions with it.

import {
  type AutocompleteProvider,
  type Component,
  type EditorComponent,
  type OverlayHandle,
  type OverlayOptions,
  Text,
  type TUI,
} from "@earendil-works/pi-tui";
import { defined } from "../../../contracts/defined.ts";
import type { ExtensionTheme, ExtensionUIContext } from "../../../contracts/extension.ts";
import { Fence } from "../../../tui/fence.ts";
import { shownText } from "../../../tui/shown-text.ts";
import type { Theme } from "../../../tui/theme/theme.ts";
import type { Dialogs } from "../dialogs.ts";
import type { Keymap } from "../keymap.ts";
import type { Screen } from "../screen.ts";

export interface TerminalUiHost {
  screen: Screen;
  dialogs: Dialogs;
  keys: Keymap;
  theme(): Theme;
  themes(): { name: string; path: string | undefined }[];
  themeNamed(name: string): Theme | undefined;
  useTheme(theme: Theme): void;
  say(text: string, level: "info" | "warning" | "error"): void;
  failed(what: string, error: unknown): void;
  setTitle(title: string): void;
  isExpanded(): boolean;
  setExpanded(is: boolean): void;
  completion: AutocompleteProvider;
  branch(): string;
}

/** What is shown beside the transcript by extensions, and what they have changed of ours. */
export interface ExtensionDisplay {
  statuses: Map<string, string>;
  workingMessage: string | undefined;
  isWorkingVisible: boolean;
  /** `undefined`: ours; empty: none. */
  frames: readonly string[] | undefined;
  hiddenThinkingLabel: string | undefined;
}

type Drawn = Component & { dispose?(): void };
type Factory = (tui: TUI, theme: Theme, ...more: unknown[]) => Drawn;

interface CustomOptions {
  overlay?: boolean;
  overlayOptions?: OverlayOptions | (() => OverlayOptions);
  onHandle?(handle: OverlayHandle): void;
}

export class TerminalUi {
  readonly display: ExtensionDisplay = {
    statuses: new Map(),
    workingMessage: undefined,
    isWorkingVisible: true,
    frames: undefined,
    hiddenThinkingLabel: undefined,
  };
  readonly context: ExtensionUIContext;
  readonly #host: TerminalUiHost;
  readonly #widgets = new Map<string, { component: Drawn; below: boolean }>();
  /** In place of ours. */
  #header: Drawn | undefined;
  #footer: Drawn | undefined;
  readonly #listeners = new Set<() => void>();
  #editorFactory: unknown;
  #provider: AutocompleteProvider;

  constructor(host: TerminalUiHost) {
    this.#host = host;
    this.#provider = host.completion;
    this.context = this.#context();
  }

  /** Another session comes into force. */
  reset(): void {
    const { screen } = this.#host;
    for (const { component } of this.#widgets.values()) component.dispose?.();
    this.#widgets.clear();
    this.#placeWidgets();
    for (const remove of this.#listeners) remove();
    this.#listeners.clear();
    Object.assign(this.display, { workingMessage: undefined, isWorkingVisible: true, frames: undefined, hiddenThinkingLabel: undefined });
    this.display.statuses.clear();
    this.#setFooter(undefined);
    this.#setHeader(undefined);
    this.#provider = this.#host.completion;
    screen.setCompletion(this.#provider);
    if (this.#editorFactory !== undefined) screen.setEditor(undefined);
    this.#editorFactory = undefined;
  }

  #context(): ExtensionUIContext {
    const host = this.#host;
    const { dialogs, screen } = host;
    const draw = (): void => screen.tui.requestRender();
    return {
      get theme() {
        return host.theme() as ExtensionTheme;
      },
      select: (title, options, how) => dialogs.select(title, options, { ...how, isAsked: false }),
      confirm: (title, message, how) => dialogs.confirm(title, message, { ...how, isAsked: false }),
      input: (title, placeholder, how) => dialogs.input(title, "", { ...how, isAsked: false, ...defined({ placeholder }) }),
      editor: (title, prefill) => dialogs.text(title, prefill ?? "", { isAsked: false }),
      notify: (message, level = "info") => host.say(message, level),
      setStatus: (key, text) => {
        if (text === undefined) this.display.statuses.delete(key);
        else this.display.statuses.set(key, text);
        draw();
      },
      setWidget: (key, content, how) => this.#setWidget(key, content, how?.placement === "belowEditor"),
      setTitle: (title) => host.setTitle(title),
      setEditorText: (text) => screen.editor.setText(text),
      custom: ((factory: never, how: never) => this.#custom(factory, how)) as ExtensionUIContext["custom"],
      onTerminalInput: (handler) => {
        const remove = screen.tui.addInputListener((data) => {
          try {
            return handler(data) as { consume?: boolean; data?: string } | undefined;
          } catch (error) {
            host.failed("a listener for keys", error);
            return undefined;
          }
        });
        this.#listeners.add(remove);
        return () => {
          this.#listeners.delete(remove);
          remove();
        };
      },
      setWorkingMessage: (message) => {
        this.display.workingMessage = message;
        draw();
      },
      setWorkingVisible: (isVisible) => {
        this.display.isWorkingVisible = isVisible;
        draw();
      },
      setWorkingIndicator: (indicator) => {
        const frames = (indicator as { frames?: unknown } | undefined)?.frames;
        this.display.frames = Array.isArray(frames) ? frames.map(String) : undefined;
        draw();
      },
      setHiddenThinkingLabel: (label) => {
        this.display.hiddenThinkingLabel = label;
        screen.lookChanged();
      },
      setFooter: (factory) => {
        if (factory === undefined) this.#setFooter(undefined);
        else this.#with(factory as Factory, "the footer", (component) => this.#setFooter(component), this.#footerData());
      },
      setHeader: (factory) => {
        if (factory === undefined) this.#setHeader(undefined);
        else this.#with(factory as Factory, "the header", (component) => this.#setHeader(component));
      },
      pasteToEditor: (text) => screen.editor.paste(text),
      getEditorText: () => screen.editor.getExpandedText(),
      addAutocompleteProvider: (wrap) => {
        try {
          this.#provider = (wrap as (current: AutocompleteProvider) => AutocompleteProvider)(this.#provider);
          screen.setCompletion(this.#provider);
        } catch (error) {
          host.failed("a completion", error);
        }
      },
      setEditorComponent: (factory) => {
        this.#editorFactory = factory;
        if (factory === undefined) screen.setEditor(undefined);
        else {
          const make = factory as (tui: TUI, theme: unknown, keys: unknown) => EditorComponent;
          try {
            screen.setEditor(make(screen.tui, screen.editorTheme, host.keys.manager));
            screen.setCompletion(this.#provider);
          } catch (error) {
            this.#editorFactory = undefined;
            host.failed("the editor of an extension", error);
          }
        }
      },
      getEditorComponent: (() => this.#editorFactory) as ExtensionUIContext["getEditorComponent"],
      getAllThemes: () => host.themes(),
      getTheme: (name) => host.themeNamed(name) as ExtensionTheme | undefined,
      setTheme: (wanted) => {
        const theme = typeof wanted === "string" ? host.themeNamed(wanted) : (wanted as Theme);
        if (theme === undefined) return { success: false, error: `There is no theme ${JSON.stringify(wanted)}` };
        host.useTheme(theme);
        return { success: true };
      },
      getToolsExpanded: () => host.isExpanded(),
      setToolsExpanded: (is) => host.setExpanded(is),
    };
  }

  #footerData(): object {
    const { branch } = this.#host;
    const { statuses } = this.display;
    return {
      getGitBranch: () => branch() || null,
      getExtensionStatuses: () => statuses,
      getAvailableProviderCount: () => 1,
      onBranchChange: () => () => {},
    };
  }

  #setHeader(component: Drawn | undefined): void {
    this.#header?.dispose?.();
    this.#header = component;
    this.#host.screen.setHeader(component);
  }

  #setFooter(component: Drawn | undefined): void {
    this.#footer?.dispose?.();
    this.#footer = component;
    this.#host.screen.setFooter(component);
  }

  #setWidget(key: string, content: unknown, below: boolean): void {
    this.#widgets.get(key)?.component.dispose?.();
    this.#widgets.delete(key);
    const put = (component: Drawn): void => void this.#widgets.set(key, { component, below });
    if (Array.isArray(content)) put(new Text(content.map((line) => visibleLine(String(line))).join("\n"), 0, 0));
    else if (typeof content === "function") this.#with(content as Factory, `the widget ${key}`, put);
    this.#placeWidgets();
  }

  #placeWidgets(): void {
    const { screen } = this.#host;
    for (const [place, below] of [
      [screen.above, false],
      [screen.below, true],
    ] as const) {
      place.clear();
      for (const one of this.#widgets.values()) if (one.below === below) place.addChild(one.component);
    }
    screen.tui.requestRender();
  }

  #with(factory: Factory, what: string, use: (fenced: Fence) => void, ...more: unknown[]): void {
    const { screen, theme, failed } = this.#host;
    try {
      use(new Fence(factory(screen.tui, theme(), ...more), what, (error) => failed(what, error)));
    } catch (error) {
      failed(what, error);
    }
  }

  /** In place of the editor, or over everything; resolves when it says that it is done. */
  #custom<T>(
    factory: (tui: TUI, theme: Theme, keys: unknown, done: (value: T) => void) => Component | Promise<Component>,
    { overlay = false, overlayOptions, onHandle }: CustomOptions = {},
  ): Promise<T | undefined> {
    const { screen, keys, failed } = this.#host;
    return new Promise((resolve, reject) => {
      let close = (): void => {};
      let isDone = false;
      let fence: Fence | undefined;
      const finish = (value: T | undefined): void => {
        if (isDone) return;
        isDone = true;
        this.#listeners.delete(cancel);
        close();
        fence?.dispose();
        screen.tui.requestRender();
        resolve(value);
      };
      const cancel = (): void => finish(undefined);
      this.#listeners.add(cancel);
      const fail = (error: unknown): void => {
        this.#listeners.delete(cancel);
        reject(error);
      };
      const show = (component: Component): void => {
        const drawn = new Fence(component, "what an extension shows", (error) => {
          failed("what an extension shows", error);
          finish(undefined);
        });
        fence = drawn;
        if (isDone) {
          drawn.dispose();
          return;
        }
        if (!overlay) {
          close = screen.open(drawn, false);
          return;
        }
        const options = typeof overlayOptions === "function" ? overlayOptions() : overlayOptions;
        let handle: OverlayHandle | undefined;
        const lay = (): void => {
          handle = screen.overlay(drawn, options);
          try {
            onHandle?.(handle);
          } catch (error) {
            failed("what an extension shows", error);
            finish(undefined);
          }
        };
        // One that takes no keys takes none from whoever types.
        const giveUp = screen.whenQuiet(lay, options?.nonCapturing === true);
        close = () => {
          giveUp();
          handle?.hide();
        };
      };
      try {
        const made = factory(screen.tui, this.#host.theme(), keys.manager, finish);
        if (made instanceof Promise) made.then(show).catch(fail);
        else show(made);
      } catch (error) {
        fail(error);
      }
    });
  }
}

/** Colours stay: widgets bring theirs. */
function visibleLine(text: string): string {
  return text
    .split(/(\u001b\[[0-9;]*m)/)
    .map((part, at) => (at % 2 === 1 ? part : shownText(part)))
    .join("");
}
