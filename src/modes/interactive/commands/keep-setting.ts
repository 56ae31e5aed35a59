// A setting put into the user's configuration from the screen, and into force. Used by /settings and whatever keeps a choice. Invariant: what runs is not
// stopped for it; what stands above the user's file is named.

import { parseChange, type SettingChange, saveChange } from "../../../config/change-config.ts";
import { describeOrigin } from "../../../contracts/provider-settings.ts";
import { createFileOperations } from "../../../platform/files/files.ts";
import { userConfigFile } from "../../../platform/paths.ts";
import type { CommandHost } from "../surface.ts";
import { call } from "./call.ts";

/** What was changed on disk, unless something runs: then how it comes into force is told. */
export async function bringIntoForce(what: string, at: CommandHost): Promise<boolean> {
  const { coding } = at.sessions;
  if (coding.isStreaming || coding.shell.isRunning || coding.compaction.isRunning) {
    at.say(what, "info", "/reload brings it into force when the run has ended");
    return false;
  }
  await call("reload", {}, at);
  return true;
}

/** `value` as `pi config set` takes it, or as the file is to hold it. */
export async function keepSetting(key: string, value: string | readonly string[], at: CommandHost): Promise<void> {
  const change: SettingChange = typeof value === "string" ? await parseChange(key, value, "user") : { path: key.split("."), value };
  const { agentDir } = at.sessions.launch.options;
  await saveChange(userConfigFile(agentDir), change, createFileOperations().writeAtomic);
  if (!(await bringIntoForce(`${key} is kept`, at))) return;
  const origin = at.sessions.launch.config.origin(key);
  if (origin.kind === "user") at.hint(`${key} is kept`);
  else at.say(`${key} is kept, and another value is in force: ${describeOrigin(origin)}`, "warning");
}
