// The runtime `claude`: runs of hosts as a child process that is Claude Code. Made by the router. What its tools, hooks and extensions act in is a
// session of ours that lives in memory: what it says becomes events there, so everything that follows a conversation follows this one.
// Invariant: the child is gone when the run is, with all that it has started; its session is its own file, ours keeps nothing.

import { join } from "node:path";
import type { Config } from "../../config/load-config.ts";
import type { Lease } from "../../platform/locks/lease.ts";
import { tagVariable } from "../../platform/processes/process-tree.ts";
import { childVariables } from "../child-variables.ts";
import type { EngineEnd, RunAt } from "../hosted-run.ts";
import { HostedRuntime, type PlacedRun } from "../hosted-runtime.ts";
import { launchRun } from "../run-launch.ts";
import type { Probe } from "../runtime.ts";
import { groupDirectory, requireRealDirectory } from "../sessions/group-folder.ts";
import type { ClaudeRun, HoldingRun } from "./claude-run.ts";
import { claudeCredentials, resumable } from "./launch.ts";

export class ClaudeRuntime extends HostedRuntime {
  readonly kind = "claude";
  readonly #runs = new Set<ClaudeRun>();

  async probe(): Promise<Probe> {
    const { probeClaude } = await import("./probe-claude.ts");
    const { settings, host } = this.deps;
    const config = await settings.of(settings.agentDir);
    return probeClaude(config.values.runtime.claude.command, host.env);
  }

  async carryOut(at: PlacedRun, config: Config): Promise<EngineEnd> {
    const { request } = at;
    const configDir = await this.#configDir(request, config);
    let held: Lease | undefined;
    const hold = async (id: string | undefined): Promise<void> => {
      held?.release();
      held = undefined;
      if (id !== undefined) held = await this.#held(id, at, configDir);
    };
    try {
      await hold(request.isFresh === true ? undefined : resumable(request.sessionId));
      return await this.#carriedOut({ ...at, hold }, config, configDir);
    } finally {
      held?.release();
    }
  }

  /** It writes its session when it ends: of two that go on with one, what one of them was told would be lost. */
  async #held(id: string, { signal, warn }: RunAt, configDir: string | undefined): Promise<Lease | undefined> {
    const { claim } = await import("../../platform/locks/claim.ts");
    return claim(join(configDir ?? join(this.deps.settings.agentDir, "claims"), `.${id}.claim`), {
      signal,
      onWait: (holder) => warn(`The run waits for ${holder}, which goes on with session ${id}`),
    });
  }

  async #carriedOut(at: HoldingRun, config: Config, configDir: string | undefined): Promise<EngineEnd> {
    const { request, signal } = at;
    const launched = await launchRun(request, config, this.deps, {
      runtime: "claude",
      session: { kind: "memory" },
      hasBuiltin: false,
      mayLackModel: true,
      signal,
      warn: (line) => at.warn(line),
    });
    this.opened(launched.sessions);
    const { ClaudeRun } = await import("./claude-run.ts");
    const variables = childVariables(launched.config, [
      ...claudeCredentials,
      ...(configDir === undefined ? ["CLAUDE_CONFIG_DIR"] : []),
      tagVariable,
    ]);
    const run = new ClaudeRun(at, launched, {
      env: this.deps.host.env,
      now: () => this.deps.host.now(),
      redact: this.deps.redact,
      variables,
      configDir,
    });
    this.#runs.add(run);
    try {
      return await run.end();
    } finally {
      await run.close();
      this.#runs.delete(run);
      await this.closed(launched.sessions);
    }
  }

  override killAllNow(): void {
    super.killAllNow();
    for (const run of this.#runs) run.killAllNow();
  }

  /** Of the group, where groups have directories; else where it always is. */
  async #configDir({ sessionKey }: RunAt["request"], { values }: Config): Promise<string | undefined> {
    const { dataDir } = this.deps;
    if (dataDir === undefined || values.runtime.claude.configDir === "user") return undefined;
    const directory = join(groupDirectory(join(dataDir, "sessions"), sessionKey), ".claude");
    requireRealDirectory(directory, sessionKey);
    const { makeDirectory } = await import("../../platform/files/make-directory.ts");
    makeDirectory(directory, 0o700);
    return directory;
  }
}
