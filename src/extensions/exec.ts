// A program run for an extension (`pi.exec`). Called by the API of a factory before there is a session, and by what a session lends.
// Invariant: it sees the environment it is given and no other.

import { defined } from "../contracts/defined.ts";
import type { ExecOptions, ExecResult, ExtensionPlace } from "../contracts/extension.ts";

export async function execIn(place: ExtensionPlace, command: string, args: readonly string[], how: ExecOptions = {}): Promise<ExecResult> {
  const { signal, timeout, maxBuffer, cwd = place.cwd } = how;
  const { executeProgram } = await import("../platform/processes/exec-program.ts");
  return executeProgram(command, args, { cwd, env: place.env, ...defined({ signal, timeoutMs: timeout, maxBytes: maxBuffer }) });
}
