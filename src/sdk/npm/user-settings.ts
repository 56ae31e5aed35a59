// The settings in the user's own files: read at once, ours over the npm agent's, and stored one by one. Called by settings-manager.
// Invariant: reading never throws, and what it tells of a broken file holds none of its text.

import { createRequire } from "node:module";
import type { SettingChange } from "../../config/change-config.ts";
import { userConfigFile } from "../../config/load-config.ts";
import { loadNpmAgentFiles } from "../../config/npm-agent.ts";
import { PiError } from "../../contracts/error.ts";
import { readBoundedText } from "../../platform/bounded-file.ts";
import { settingsIn } from "./settings-tree.ts";

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
  return Object.assign(flat, settingsIn(readOwnFile(userConfigFile(agentDir), failed)));
}

/** Comments and order of the file stay. Rejects with a SettingsError. */
export async function storeUserSetting(agentDir: string, change: SettingChange): Promise<void> {
  const file = userConfigFile(agentDir);
  try {
    const { saveChange } = await import("../../config/change-config.ts");
    const { createFileOperations } = await import("../../platform/files.ts");
    await saveChange(file, change, createFileOperations().writeAtomic);
  } catch (error) {
    throw failure(file, error);
  }
}

function readOwnFile(file: string, failed: (error: SettingsError) => void): Record<string, unknown> {
  const found = readBoundedText(file);
  if (found === undefined) return {};
  if ("leftOut" in found) {
    failed(failure(file, new PiError("config.syntax", `${file} cannot be read: ${found.why}`)));
    return {};
  }
  try {
    // At once, since this answers at once, and only where there is such a file.
    const { parse } = createRequire(import.meta.url)("smol-toml") as typeof import("smol-toml");
    return parse(found.text);
  } catch {
    // The parser quotes the file, which may hold a key.
    failed(failure(file, new PiError("config.syntax", `${file}: not valid TOML`)));
    return {};
  }
}

function failure(path: string, error: unknown): SettingsError {
  return { scope: "global", path, error: error instanceof Error ? error : new Error(String(error)) };
}
