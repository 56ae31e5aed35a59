// A text in the user's own editor: the one under way, or that of a dialog. Called for its key. Invariant: if the editor fails, the text is as it was.

import type { Surface } from "../surface.ts";

/** The text under way. */
export async function editOutside(at: Surface): Promise<void> {
  const { editor } = at.screen;
  const edited = await editedOutside(editor.getExpandedText(), at);
  if (edited !== undefined) editor.setText(edited);
}

/** What has become of it; nothing where the editor failed, which is told. */
export async function editedOutside(before: string, at: Surface): Promise<string | undefined> {
  const { editText } = await import("../../../platform/processes/edit-text.ts");
  const { env } = at;
  const command = at.externalEditor || env.VISUAL || env.EDITOR || (at.platform === "win32" ? "notepad" : "nano");
  at.screen.tui.leave();
  const edited = await at.device.lend(() => editText(before, command, { env, cwd: at.sessions.launch.options.cwd }));
  if (typeof edited === "string") return edited;
  at.say(`${command} ended with status ${edited.status}: the text is as it was`, "warning", "$EDITOR names another editor");
  return undefined;
}
