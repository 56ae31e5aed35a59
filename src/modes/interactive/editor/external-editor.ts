// A text in the user's own editor: the one under way, or that of a dialog. Called for its key. Invariant: if the editor fails, the text is as it was.

import { PiError } from "../../../contracts/error.ts";
import type { Terminal } from "../../../platform/terminal/terminal.ts";
import type { DrawnScreen } from "../../../tui/screen-switch.ts";
import type { Surface } from "../surface.ts";

export interface EditorPlace extends Pick<Surface, "env" | "platform"> {
  /** Empty: as the environment says. */
  command: string;
  cwd: string;
  tui: Pick<DrawnScreen, "withdraw">;
  device: Pick<Terminal, "lend">;
}

export function editorPlace({ env, platform, device, screen: { tui }, sessions }: Surface): EditorPlace {
  const { config, options } = sessions.launch;
  return { env, platform, device, tui, command: config.values.externalEditor, cwd: options.cwd };
}

/** The text under way. */
export async function editOutside(at: Surface): Promise<void> {
  const { editor } = at.screen;
  editor.setText(await editedOutside(editor.getExpandedText(), editorPlace(at)));
}

/** What has become of it. @throws PiError `io.editor`: it failed. */
export async function editedOutside(before: string, { env, platform, cwd, tui, device, ...at }: EditorPlace): Promise<string> {
  const { editText } = await import("../../../platform/processes/edit-text.ts");
  const command = at.command || env.VISUAL || env.EDITOR || (platform === "win32" ? "notepad" : "nano");
  // It is drawn again when the terminal is back: what stayed would stand there twice.
  tui.withdraw();
  const edited = await device.lend((ending) => editText(before, command, { env, cwd, ending }));
  if (typeof edited === "string") return edited;
  throw new PiError("io.editor", `${command} ended with status ${edited.status}: the text is as it was`, {
    hint: "$EDITOR names another editor",
  });
}
