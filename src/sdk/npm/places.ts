// Where a library session is at home, unless its caller says otherwise. Used by the entries beside this file.

import type { Env } from "../../platform/paths.ts";
import { absolutePath, agentDirectory } from "../../platform/paths.ts";
import { processPlace } from "../../platform/processes/process-place.ts";

export interface Surroundings {
  /** Absolute. */
  cwd: string;
  agentDir: string;
  env: Env;
  homeDir: string;
  now(): number;
}

/** Where configuration, credentials and sessions lie: `$PI_CODING_AGENT_DIR`, else `~/.pi/agent`. */
export function getAgentDir(): string {
  return surroundings().agentDir;
}

/** What is not given is that of the process. */
export function surroundings(given: { cwd?: string; agentDir?: string; env?: Env } = {}): Surroundings {
  const host = processPlace();
  const env = given.env ?? host.env;
  const cwd = given.cwd === undefined ? host.cwd : absolutePath(given.cwd, host.cwd, host.homeDir);
  const homeDir = env.HOME ?? host.homeDir;
  const agentDir = given.agentDir === undefined ? agentDirectory(env, homeDir, cwd) : absolutePath(given.agentDir, cwd, homeDir);
  return { cwd, agentDir, env, homeDir, now: () => Date.now() };
}
