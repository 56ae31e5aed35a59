// Dialogs of extensions over RPC: requests to the client, answers by id. Made by serve; extensions get it as their user interface.
// Invariant: every dialog resolves exactly once: by its answer, its timeout, its signal, or the end of the connection, all but the first
// with the default (nothing, or `false` for a confirmation).

import { defined } from "../../contracts/defined.ts";
import { timeLimitMs } from "../../contracts/duration.ts";
import type { ExtensionUIContext, ExtensionUIDialogOptions } from "../../contracts/extension.ts";
import { withoutTerminal } from "../../extensions/no-ui.ts";
import type { ExtensionUiRequest, ExtensionUiResponse } from "./records.ts";

export interface DialogOptions {
  /** The default after so long. */
  timeoutMs?: number;
  signal?: AbortSignal;
}

/** The dialogs as extensions know a user interface. */
export function dialogUi(dialogs: ExtensionDialogs): ExtensionUIContext {
  const timed = ({ timeout, signal }: ExtensionUIDialogOptions = {}): DialogOptions => ({
    ...defined({ timeoutMs: timeLimitMs(timeout), signal }),
  });
  return {
    ...withoutTerminal,
    select: (title, options, how) => dialogs.select(title, options, timed(how)),
    confirm: (title, message, how) => dialogs.confirm(title, message, timed(how)),
    input: (title, placeholder, how) => dialogs.input(title, placeholder, timed(how)),
    editor: (title, prefill) => dialogs.editor(title, prefill),
    notify: (message, type) => dialogs.notify(message, type),
    setStatus: (key, text) => dialogs.setStatus(key, text),
    setWidget: (key, lines, how) => {
      if (typeof lines !== "function") dialogs.setWidget(key, lines, how?.placement);
    },
    setTitle: (title) => dialogs.setTitle(title),
    setEditorText: (text) => dialogs.setEditorText(text),
  };
}

type RequestBody = ExtensionUiRequest extends infer R ? (R extends unknown ? Omit<R, "type" | "id"> : never) : never;

export interface ExtensionDialogsDeps {
  /** Writes one record. */
  send(request: ExtensionUiRequest): void;
  newId(): string;
}

export class ExtensionDialogs {
  readonly #deps: ExtensionDialogsDeps;
  readonly #open = new Map<string, (answer: ExtensionUiResponse | undefined) => void>();
  #isClosed = false;

  constructor(deps: ExtensionDialogsDeps) {
    this.#deps = deps;
  }

  /** Dialogs waiting for an answer. */
  get openCount(): number {
    return this.#open.size;
  }

  async select(title: string, options: readonly string[], how?: DialogOptions): Promise<string | undefined> {
    return (await this.#ask({ method: "select", title, options: [...options] }, how))?.value;
  }

  async confirm(title: string, message: string, how?: DialogOptions): Promise<boolean> {
    return (await this.#ask({ method: "confirm", title, message }, how))?.confirmed === true;
  }

  async input(title: string, placeholder?: string, how?: DialogOptions): Promise<string | undefined> {
    return (await this.#ask({ method: "input", title, ...defined({ placeholder }) }, how))?.value;
  }

  async editor(title: string, prefill?: string, how?: DialogOptions): Promise<string | undefined> {
    return (await this.#ask({ method: "editor", title, ...defined({ prefill }) }, how))?.value;
  }

  notify(message: string, notifyType: "info" | "warning" | "error" = "info"): void {
    this.#tell({ method: "notify", message, notifyType });
  }

  /** Without a text the entry goes away. */
  setStatus(statusKey: string, statusText?: string): void {
    this.#tell({ method: "setStatus", statusKey, ...defined({ statusText }) });
  }

  /** Without lines the widget goes away. */
  setWidget(widgetKey: string, widgetLines?: readonly string[], widgetPlacement?: "aboveEditor" | "belowEditor"): void {
    this.#tell({
      method: "setWidget",
      widgetKey,
      ...(widgetLines === undefined ? {} : { widgetLines: [...widgetLines] }),
      ...defined({ widgetPlacement }),
    });
  }

  setTitle(title: string): void {
    this.#tell({ method: "setTitle", title });
  }

  setEditorText(text: string): void {
    this.#tell({ method: "set_editor_text", text });
  }

  /** Whether a dialog waited for it; an answer that comes too late, or twice, is dropped. */
  answer(response: ExtensionUiResponse): boolean {
    const settle = this.#open.get(response.id);
    settle?.(response.cancelled === true ? undefined : response);
    return settle !== undefined;
  }

  /** No client any more: all open dialogs get their default, later ones at once. */
  close(): void {
    this.#isClosed = true;
    for (const settle of [...this.#open.values()]) settle(undefined);
  }

  #ask(body: RequestBody, how: DialogOptions = {}): Promise<ExtensionUiResponse | undefined> {
    const { timeoutMs, signal } = how;
    if (this.#isClosed || signal?.aborted) return Promise.resolve(undefined);
    const id = this.#deps.newId();
    return new Promise((resolve) => {
      const settle = (answer: ExtensionUiResponse | undefined): void => {
        if (!this.#open.delete(id)) return;
        clearTimeout(timer);
        signal?.removeEventListener("abort", cancel);
        resolve(answer);
      };
      const cancel = (): void => settle(undefined);
      const timer = timeoutMs === undefined ? undefined : setTimeout(cancel, timeoutMs);
      this.#open.set(id, settle);
      signal?.addEventListener("abort", cancel, { once: true });
      const timeout = timeoutMs === undefined ? {} : { timeout: timeoutMs };
      this.#deps.send({ type: "extension_ui_request", id, ...body, ...timeout } as ExtensionUiRequest);
    });
  }

  #tell(body: RequestBody): void {
    if (!this.#isClosed) this.#deps.send({ type: "extension_ui_request", id: this.#deps.newId(), ...body } as ExtensionUiRequest);
  }
}
