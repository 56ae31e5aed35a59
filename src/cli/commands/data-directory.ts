// Where a host's data lie: metrics, sessions of groups. Called by the subcommands about them.

import { type Config, loadConfig } from "../../config/load-config.ts";
import type { Host } from "../../platform/host.ts";
import { absolutePath, agentDirectory } from "../../platform/paths.ts";

export const dataOption = ["--data <dir>", "where the data of hosts lie; else data_dir of [runtime], and the agent directory"] as const;

/** `dataDir`: as it was said, else as it is configured, else the agent directory. */
export async function hostData(host: Host, said: string | undefined): Promise<{ dataDir: string; config: Config }> {
  const agentDir = agentDirectory(host.env, host.homeDir, host.cwd);
  const config = await loadConfig({ agentDir, cwd: host.cwd, homeDir: host.homeDir, env: host.env });
  const named = said === undefined ? config.values.runtime.dataDir : absolutePath(said, host.cwd, host.homeDir);
  return { dataDir: named ?? agentDir, config };
}
