// The configuration that a library session, its services and its resources go by. Used by the entries beside this file.

import { type Config, loadConfig } from "../../config/load-config.ts";
import type { Surroundings } from "./places.ts";
import type { SettingsManager } from "./settings-manager.ts";

export interface ConfigWishes {
  /** Whether the project's `.pi` is trusted. Default: what has been decided for it. */
  trustProject?: boolean | undefined;
  /** Win over the files; not finite: none. */
  limits?: { maxTurns?: number; maxCostUsd?: number; timeoutMs?: number } | undefined;
}

export function configOf(
  place: Surroundings,
  settingsManager: SettingsManager | undefined,
  { trustProject, limits }: ConfigWishes = {},
): Promise<Config> {
  const readsFiles = settingsManager?.readsFiles !== false;
  return loadConfig({
    ...place,
    commandLine: { ...settingsManager?.overrides, ...limitSettings(limits) },
    // A directory that is not there holds no configuration.
    ...(readsFiles ? {} : { agentDir: `${place.agentDir}/\0` }),
    ...(trustProject === undefined ? (readsFiles ? {} : { approve: false }) : { approve: trustProject }),
  });
}

function limitSettings({ maxTurns, maxCostUsd, timeoutMs }: NonNullable<ConfigWishes["limits"]> = {}): Record<string, unknown> {
  const finite = (value: number | undefined): number | undefined => (value === Number.POSITIVE_INFINITY ? 0 : value);
  const timeout = finite(timeoutMs);
  return {
    "limits.max_turns": finite(maxTurns),
    "limits.max_cost_usd": finite(maxCostUsd),
    "limits.timeout": timeout === undefined ? undefined : `${timeout}ms`,
  };
}
