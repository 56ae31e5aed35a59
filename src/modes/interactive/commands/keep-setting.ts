// A setting put into the user's configuration from the screen, and into force. Used by /settings and whatever keeps a choice. Invariant: what runs is not
// stopped for it; what stands above the user's file is named.

import { parseChange, type SettingChange, saveChange } from "../../../config/change-config.ts";
import { describeOrigin } from "../../../contracts/provider-settings.ts";
import { createFileOperations } from "../../../platform/files/files.ts";
import { userConfigFile } from "../../../platform/paths.ts";
import type { CommandHost } from "../surface.ts";
import { call } from "./call.ts";

/** `value` as `pi config set` takes it, or as the file is to hold it. */
export async function keepSetting(key: string, value: string | readonly string[], at: CommandHost): Promise<void> {
  const change: SettingChange = typeof value === "string" ? await parseChange(key, value, "user") : { path: key.split("."), value };
  const { agentDir } = at.sessions.launch.options;
  await saveChange(userConfigFile(agentDir), change, createFileOperations().writeAtomic);
  if (at.sessions.coding.isStreaming || at.sessions.coding.shell.isRunning || at.sessions.coding.compaction.isRunning) {
    at.say(`${key} is kept`, "info", "/reload brings it into force when the run has ended");
    return;
  }
  await call("reload", {}, at);
  const origin = at.sessions.launch.config.origin(key);
  if (origin.kind === "user") at.hint(`${key} is kept`);
  else at.say(`${key} is kept, and another value is in force: ${describeOrigin(origin)}`, "warning");
}
