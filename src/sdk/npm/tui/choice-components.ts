// Lists and typed answers as components, in the npm agent's names: over the one list and the dialogs of the interactive mode. Imported by extensions, which
// show them themselves. Invariant: each is answered once.

import { join } from "node:path";
import type { TUI } from "@earendil-works/pi-tui";
import { defined } from "../../../contracts/defined.ts";
import type { Model } from "../../../contracts/model.ts";
import { keysInForce } from "../../../modes/interactive/keymap.ts";
import type { PickerItem } from "../../../modes/interactive/pickers/picker.ts";
import { LineDialog, TextDialog, type TextSurroundings } from "../../../modes/interactive/pickers/typed-answer.ts";
import { themesIn } from "../../../modes/interactive/themes.ts";
import { processHost } from "../../../platform/host.ts";
import type { DrawnScreen } from "../../../tui/screen-switch.ts";
import { ScreenTerminal } from "../../../tui/screen-terminal.ts";
import { getAgentDir } from "../places.ts";
import { Choice, Question, surroundings } from "./question.ts";

const plainItems = (values: readonly string[]): PickerItem[] => values.map((value) => ({ value, label: value }));

interface AskHow {
  tui?: TUI;
  timeout?: number;
  description?: string;
  initialValue?: string;
}

const titled = (title: string, description: string | undefined): string => (description ? `${title}\n${description}` : title);

export class ExtensionSelectorComponent extends Choice {
  constructor(title: string, options: readonly string[], take: (option: string) => void, cancel: () => void, how: AskHow = {}) {
    const { tui, timeout, description } = how;
    super({ title: titled(title, description), items: plainItems(options), hasFilter: options.length > 8, take, cancel, tui, timeout });
  }
}

export class ExtensionInputComponent extends Question<LineDialog> {
  constructor(title: string, placeholder: string | undefined, submit: (value: string) => void, cancel: () => void, how: AskHow = {}) {
    const { timeout, description, initialValue = "" } = how;
    super(
      (settled) =>
        new LineDialog(titled(title, description), initialValue, defined({ placeholder }), surroundings, (value) => {
          settled();
          if (value === undefined) cancel();
          else submit(value);
        }),
      { timeout, over: cancel },
    );
  }
}

export class ExtensionEditorComponent extends Question<TextDialog> {
  constructor(
    tui: TUI,
    _keybindings: unknown,
    title: string,
    prefill: string | undefined,
    submit: (value: string) => void,
    cancel: () => void,
    how: AskHow = {},
    externalEditorCommand = "",
  ) {
    const at = { ...surroundings, tui, ...defined({ editOutside: outside(tui, externalEditorCommand) }) };
    super(
      () =>
        new TextDialog(titled(title, how.description), prefill ?? "", at, (value) => {
          if (value === undefined) cancel();
          else submit(value);
        }),
    );
  }
}

/** Nothing on a terminal that is not ours to lend. */
function outside(tui: TUI, command: string): TextSurroundings["editOutside"] | undefined {
  const { terminal } = tui;
  if (!(terminal instanceof ScreenTerminal)) return undefined;
  return async (text) => {
    const { editedOutside } = await import("../../../modes/interactive/editor/external-editor.ts");
    const { env, cwd, platform } = processHost();
    return editedOutside(text, { command, env, cwd, platform, device: terminal.device, tui: tui as DrawnScreen });
  };
}

type Models = { getAvailable(): readonly Model[] | Promise<readonly Model[]> };

export class ModelSelectorComponent extends Choice {
  constructor(
    tui: TUI,
    current: Model | undefined,
    models: Models,
    scoped: readonly { model: Model }[],
    select: (model: Model) => void,
    cancel: () => void,
    filter?: string,
    selectAsDefault?: (model: Model) => void,
  ) {
    const known = new Map(scoped.map(({ model }) => [nameOf(model), model]));
    const items = (): PickerItem[] =>
      [...known].map(([value, { id, name }]) => ({ value, label: value, ...(name !== id && { description: name }) }));
    const chosen = current && nameOf(current);
    super({
      title: "Model",
      items: items(),
      tui,
      filter,
      cancel,
      ...defined({ chosen }),
      take: (value) => {
        const model = known.get(value);
        if (model !== undefined) select(model);
      },
      onKey: (data, item) => {
        const model = known.get(item?.value ?? "");
        if (selectAsDefault === undefined || model === undefined || !keysInForce.matches(data, "app.models.save")) return false;
        selectAsDefault(model);
        return true;
      },
    });
    if (scoped.length > 0) return;
    void Promise.resolve(models.getAvailable()).then(
      (found) => {
        for (const model of found) known.set(nameOf(model), model);
        this.inner.setItems(items(), chosen);
        tui.requestRender();
      },
      () => {},
    );
  }
}

function nameOf({ provider, id }: Pick<Model, "provider" | "id">): string {
  return `${provider}/${id}`;
}

interface Account {
  id: string;
  name: string;
  authType: "oauth" | "api_key";
}

export class OAuthSelectorComponent extends Choice {
  constructor(
    mode: "login" | "logout",
    accounts: readonly Account[],
    select: (providerId: string, authType: Account["authType"]) => void,
    cancel: () => void,
    filter?: string,
    tui?: TUI,
  ) {
    super({
      title: mode === "login" ? "Account at" : "Forget the account",
      items: accounts.map(({ name, authType }, at) => ({
        value: String(at),
        label: name,
        description: authType === "oauth" ? "sign-in" : "key",
      })),
      filter,
      tui,
      cancel,
      take: (at) => {
        const account = accounts[Number(at)];
        if (account !== undefined) select(account.id, account.authType);
      },
    });
  }
}

export class ShowImagesSelectorComponent extends Choice {
  constructor(current: boolean, select: (isShown: boolean) => void, cancel: () => void) {
    const chosen = current ? "Yes" : "No";
    super({
      title: "Show pictures",
      items: plainItems(["Yes", "No"]),
      hasFilter: false,
      chosen,
      take: (value) => select(value === "Yes"),
      cancel,
    });
  }
}

export class ThemeSelectorComponent extends Choice {
  constructor(current: string, select: (name: string) => void, cancel: () => void, preview: (name: string) => void) {
    const names = [...new Set([...themesIn([{ path: join(getAgentDir(), "themes") }]).map(({ name }) => name), current])];
    super({
      title: "Theme",
      items: plainItems(names),
      chosen: current,
      take: select,
      cancel,
      moved: (item) => item && preview(item.value),
    });
  }
}

export class ThinkingSelectorComponent extends Choice {
  constructor(
    current: string,
    levels: readonly string[],
    select: (level: string) => void,
    cancel: () => void,
    selectAsDefault?: (level: string) => void,
  ) {
    super({
      title: "Thinking",
      items: plainItems(levels),
      hasFilter: false,
      chosen: current,
      take: select,
      cancel,
      onKey: (data, item) => {
        if (selectAsDefault === undefined || item === undefined || !keysInForce.matches(data, "app.thinking.save")) return false;
        selectAsDefault(item.value);
        return true;
      },
    });
  }
}
