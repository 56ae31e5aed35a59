// Whether a run of `pi` could start: configuration, model and credential, without a request. Called by pi-runtime.

import { isPiError, messageOf } from "../../contracts/error.ts";
import { launchRun, type RuntimeDeps } from "../run-launch.ts";
import type { Probe } from "../runtime.ts";

export async function prepared(version: string, deps: RuntimeDeps): Promise<Probe> {
  try {
    const workspaceDir = deps.settings.agentDir;
    const config = await deps.settings.of(workspaceDir);
    const { sessions } = await launchRun({ prompt: "", workspaceDir, sessionKey: "", bootstrap: false }, config, deps, {
      runtime: "pi",
      session: { kind: "memory" },
      hasBuiltin: true,
      mayLackModel: false,
      signal: new AbortController().signal,
      warn: () => undefined,
    });
    await sessions.dispose();
    return { ok: true, version };
  } catch (error) {
    return {
      ok: false,
      code: isPiError(error) ? error.code : "internal.unexpected",
      message: messageOf(error),
      hint: (isPiError(error) ? error.hint : undefined) ?? "See pi inspect.",
    };
  }
}
