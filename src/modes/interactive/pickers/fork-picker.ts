// The choice of the prompt that a fork begins before. Opened by /fork.

import { call } from "../commands/call.ts";
import type { CommandHost } from "../surface.ts";

export async function openForkPicker(at: CommandHost): Promise<void> {
  const { messages } = await call("get_fork_messages", {}, at);
  if (messages.length === 0) {
    at.hint("There is no prompt to fork before yet");
    return;
  }
  const items = messages.map(({ entryId, text }) => ({ value: entryId, label: text })).reverse();
  at.choose({ title: "Fork before", items, take: (entryId) => at.runChosen("fork", entryId) });
}
