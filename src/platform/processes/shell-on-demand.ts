// The shell of a launch before any command was run: what runs them is loaded with the first. Made by the workspace.
// Invariant: commands see the environment of the moment in which it was made.

import type { ProcessShell, ShellSettings } from "./spawn.ts";

export function shellOnDemand(settings: ShellSettings): ProcessShell {
  const env = { ...settings.env };
  let shell: ProcessShell | undefined;
  let loading: Promise<ProcessShell> | undefined;
  const load = async (): Promise<ProcessShell> => {
    const { createShellOperations } = await import("./spawn.ts");
    shell = createShellOperations({ ...settings, env });
    return shell;
  };
  return {
    run: async (request) => {
      loading ??= load();
      return (await loading).run(request);
    },
    killAll: async () => {
      await (await loading)?.killAll();
    },
    killAllNow: () => shell?.killAllNow(),
  };
}
