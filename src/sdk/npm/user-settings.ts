// The settings in the user's own files: read at once, ours over the npm agent's, and stored one by one. Called by settings-manager.
// Invariant: reading never throws, and what it tells of a broken file holds none of its text.

import type { SettingChange } from "../../config/change-config.ts";
import { loadNpmAgentFiles } from "../../config/npm-agent.ts";
import { PiError } from "../../contracts/error.ts";
import { userConfigFile } from "../../platform/paths.ts";
import { settingsIn } from "./settings-tree.ts";
import { readUserFile } from "./user-file.ts";

export interface SettingsError {
  scope: "global" | "project";
  path?: string;
  error: Error;
}

/** By dotted key, without defaults; a file that cannot be read is told to `failed`. */
export function readUserSettings(agentDir: string, failed: (error: SettingsError) => void): Record<string, unknown> {
  const flat: Record<string, unknown> = {};
  for (const { file, tree, problem } of loadNpmAgentFiles(agentDir)) {
    if (problem === undefined) Object.assign(flat, settingsIn(tree));
    else failed(failure(file, new PiError("config.syntax", `${file}: ${problem}`)));
  }
  return Object.assign(flat, settingsIn(readUserFile(agentDir, (file, error) => failed(failure(file, error)))));
}

/** Comments and order of the file stay. Rejects with a SettingsError. */
export async function storeUserSetting(agentDir: string, change: SettingChange): Promise<void> {
  const file = userConfigFile(agentDir);
  try {
    const { saveChange } = await import("../../config/change-config.ts");
    const { createFileOperations } = await import("../../platform/files/files.ts");
    await saveChange(file, change, createFileOperations().writeAtomic);
  } catch (error) {
    throw failure(file, error);
  }
}

function failure(path: string, error: unknown): SettingsError {
  return { scope: "global", path, error: error instanceof Error ? error : new Error(String(error)) };
}
