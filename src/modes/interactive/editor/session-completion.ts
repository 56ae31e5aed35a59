// What the editor completes in a session: its commands, and files of the directory it runs in. Made by the interaction.

import type { SessionHost } from "../../../harness/host/session-host.ts";
import type { Host } from "../../../platform/host.ts";
import type { KnownCommands } from "../commands/known-commands.ts";
import { PromptCompletion } from "./completion.ts";
import { WorkspaceFiles } from "./workspace-files.ts";

export interface SessionCompletionDeps {
  sessions: SessionHost;
  commands: KnownCommands;
  homeDir: string;
  env: Host["env"];
  now(): number;
}

export function promptCompletion({ sessions, commands, homeDir, env, now }: SessionCompletionDeps): PromptCompletion {
  const { agentDir } = sessions.launch.options;
  // The directory changes with the session.
  const files = new WorkspaceFiles(() => ({ cwd: sessions.launch.options.cwd, homeDir, env, agentDir, now }));
  return new PromptCompletion({
    commands: async () =>
      (await commands.all()).map(({ complete, ...one }) => ({ ...one, ...(complete && { complete: () => complete(sessions) }) })),
    files: () => files.all(),
    list: (directory) => files.list(directory),
  });
}
