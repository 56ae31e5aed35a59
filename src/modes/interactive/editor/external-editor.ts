// The text under way in the user's own editor. Called for its key. Invariant: if the editor fails, the text is as it was.

import type { Surface } from "../surface.ts";

export async function editOutside(at: Surface): Promise<void> {
  const { editText } = await import("../../../platform/processes/edit-text.ts");
  const { env } = at;
  const command = at.externalEditor || env.VISUAL || env.EDITOR || (at.platform === "win32" ? "notepad" : "nano");
  const { editor } = at.screen;
  const before = editor.getExpandedText();
  at.screen.tui.leave();
  const edited = await at.device.lend(() => editText(before, command, { env, cwd: at.sessions.launch.options.cwd }));
  if (typeof edited === "string") editor.setText(edited);
  else at.say(`${command} ended with status ${edited.status}: the text is as it was`, "warning", "$EDITOR names another editor");
}
