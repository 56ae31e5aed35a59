// The configuration that a library session, its services and its resources go by. Used by the entries beside this file.

import { type Config, loadConfig } from "../../config/load-config.ts";
import type { Surroundings } from "./places.ts";
import type { SettingsManager } from "./settings-manager.ts";

/** `trustProject`: whether the project's `.pi` is trusted; default: what has been decided for it. */
export function configOf(place: Surroundings, settingsManager: SettingsManager | undefined, trustProject?: boolean): Promise<Config> {
  const readsFiles = settingsManager?.readsFiles !== false;
  return loadConfig({
    ...place,
    commandLine: { ...settingsManager?.overrides },
    // A directory that is not there holds no configuration.
    ...(readsFiles ? {} : { agentDir: `${place.agentDir}/\0` }),
    ...(trustProject === undefined ? (readsFiles ? {} : { approve: false }) : { approve: trustProject }),
  });
}
