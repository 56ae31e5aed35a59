// What all sessions of one launch act with: files, commands and their environment, the way to models. Made by session-host.
// Invariant: commands see the session that is in force, never one before it.

import { defined } from "../../contracts/defined.ts";
import type { FileOperations, ShellOperations } from "../../contracts/tool.ts";
import type { ProcessShell } from "../../platform/processes/spawn.ts";
import type { Session } from "../../session/tree/session.ts";
import type { AccessTo } from "../conversation/conversation-deps.ts";
import type { Launch, LaunchDeps } from "../launch/launch.ts";
import { createModelAccess } from "../models/model-access.ts";
import type { CodingSession } from "../run/coding-session.ts";

export interface Workspace {
  readonly files: FileOperations;
  readonly shell: ProcessShell;
  readonly access: AccessTo;
  /** Whose commands the shell runs: what they see of the session follows it. */
  current: { session: Session; coding?: CodingSession } | undefined;
}

export async function createWorkspace(launch: Launch, { host, custom = {} }: Pick<LaunchDeps, "host" | "custom">): Promise<Workspace> {
  const { config, registry, options } = launch;
  const { shellOnDemand } = await import("../../platform/processes/shell-on-demand.ts");
  const { createFileOperations } = await import("../../platform/files/files.ts");
  const shell = shellOnDemand({
    ...defined({ shellPath: config.values.shell.path }),
    commandPrefix: config.values.shell.commandPrefix,
    env: host.env,
    envPolicy: config.values.shell.env,
    set: config.values.shell.set,
    background: config.values.shell.background,
    extraEnv: () => ({ ...custom.shellEnv?.(), ...toolEnvironment(workspace.current) }),
  });
  const workspace: Workspace = {
    files: custom.files ?? createFileOperations(),
    shell: custom.shell === undefined ? shell : foreignShell(custom.shell),
    access:
      custom.access ??
      createModelAccess({
        registry,
        config,
        env: host.env,
        trace: options.trace,
        now: () => host.now(),
      }),
    current: undefined,
  };
  return workspace;
}

/** A caller's own way to run commands: ending them is its own business, through their signals. */
function foreignShell(shell: ShellOperations): ProcessShell {
  return { run: (request) => shell.run(request), killAll: async () => {}, killAllNow: () => {} };
}

/** What commands of the model see beside the user's environment. */
function toolEnvironment(current: Workspace["current"]): Record<string, string> {
  const { session, coding } = current ?? {};
  return {
    AI_AGENT: "pi",
    PI_CODING_AGENT: "true",
    ...(session === undefined ? {} : { PI_SESSION_ID: session.id }),
    ...(session?.filePath === undefined ? {} : { PI_SESSION_FILE: session.filePath }),
    ...(coding
      ? {
          PI_PROVIDER: coding.conversation.model.provider,
          PI_MODEL: coding.conversation.model.id,
          PI_REASONING_LEVEL: coding.conversation.thinkingLevel,
        }
      : {}),
  };
}
