// Makes the router of a host with all it stands on. Called by the library's `createRuntime` and by `pi runner`, which loads it only when a run is
// asked for. Invariant: nothing is read or started here; the first run pays for what it needs.

import { join } from "node:path";
import { defined } from "../contracts/defined.ts";
import type { Host } from "../platform/host.ts";
import { absolutePath, agentDirectory } from "../platform/paths.ts";
import type { HostedDeps, HostedRuntime } from "./hosted-runtime.ts";
import { metricsStore } from "./observe/metrics-store.ts";
import { redactionFor } from "./observe/redaction.ts";
import { runLog } from "./observe/run-log.ts";
import { createLanes } from "./queue/in-process.ts";
import type { RuntimeKind } from "./result.ts";
import { Router } from "./route/router.ts";
import type { RuntimeDeps } from "./run-launch.ts";
import { sessionMap } from "./sessions/session-map.ts";
import { SettingsSource } from "./settings-source.ts";

export interface RuntimeOptions {
  host: Pick<Host, "env" | "homeDir" | "cwd" | "now" | "hostModules" | "admitExtensions">;
  /** Default: that of the environment. */
  agentDir?: string | undefined;
  /** Settings over those of all files, by dotted keys. */
  config?: Record<string, unknown> | undefined;
  dataDir?: string | undefined;
  /** Default: `sessions.json` of `dataDir`, where there is one. */
  sessionsFile?: string | undefined;
  lanes?: Record<string, number> | undefined;
  custom?: RuntimeDeps["custom"];
  warn(line: string): void;
  /** A line on stderr. */
  writeLine(line: string): void;
}

/** One runtime by itself: no lanes, no fallback, no memory of sessions but what requests say. */
export async function makeEngine(kind: RuntimeKind, options: RuntimeOptions): Promise<HostedRuntime> {
  const { deps } = await common(options);
  return kind === "pi"
    ? new (await import("./pi/pi-runtime.ts")).PiRuntime(deps)
    : new (await import("./claude/claude-runtime.ts")).ClaudeRuntime(deps);
}

export async function makeRuntime(options: RuntimeOptions): Promise<Router> {
  const { host, warn, writeLine } = options;
  const { deps, values, agentDir, redaction } = await common(options);
  const { dataDir } = deps;
  const sessionsFile =
    options.sessionsFile === undefined
      ? dataDir && join(dataDir, "sessions.json")
      : absolutePath(options.sessionsFile, host.cwd, host.homeDir);
  const { PI_LOG_FILE } = host.env;
  return new Router({
    ...deps,
    lanes: createLanes({ ...values.lanes, ...options.lanes }),
    sessionMap: sessionsFile === undefined ? undefined : sessionMap(sessionsFile),
    metrics: metricsStore({ directory: join(dataDir ?? agentDir, "metrics"), redaction, warn }),
    log: runLog({
      file: PI_LOG_FILE ? absolutePath(PI_LOG_FILE, host.cwd, host.homeDir) : undefined,
      now: () => host.now(),
      redaction,
      writeLine,
    }),
  });
}

async function common(options: RuntimeOptions) {
  const { host, config, warn, custom } = options;
  // What a run starts works in a folder of its own: there a relative path would be another.
  const absolute = (path: string): string => absolutePath(path, host.cwd, host.homeDir);
  const agentDir = options.agentDir === undefined ? agentDirectory(host.env, host.homeDir, host.cwd) : absolute(options.agentDir);
  const settings = new SettingsSource({
    agentDir,
    homeDir: host.homeDir,
    env: host.env,
    ...defined({ over: config }),
  });
  const { values } = await settings.of(host.cwd);
  const dataDir = options.dataDir === undefined ? values.runtime.dataDir : absolute(options.dataDir);
  const redaction = redactionFor(host.env);
  const deps: HostedDeps = {
    host,
    settings,
    warn: (line) => warn(redaction.text(line)),
    redact: redaction.text,
    ...defined({ dataDir, custom }),
  };
  return { deps, values, agentDir, redaction };
}
