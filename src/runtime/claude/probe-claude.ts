// Whether Claude Code can be started, by asking it for its version. Called by claude-runtime.

import { messageOf } from "../../contracts/error.ts";
import type { Env } from "../../platform/paths.ts";
import type { Probe } from "../runtime.ts";

const timeoutMs = 20_000;
const hint = "Install Claude Code, or set [runtime.claude] command.";

export async function probeClaude(command: string, env: Env): Promise<Probe> {
  const { executeProgram } = await import("../../platform/processes/exec-program.ts");
  try {
    const { code, stdout } = await executeProgram(command, ["--version"], { cwd: "/", env, timeoutMs });
    const version = /\d+\.\d+\.\d+/.exec(stdout)?.[0];
    if (code === 0 && version !== undefined) return { ok: true, version };
    return { ok: false, code: "runtime.unavailable", message: `${command} --version gave no version (exit status ${code})`, hint };
  } catch (error) {
    return { ok: false, code: "runtime.unavailable", message: `${command} cannot be started: ${messageOf(error)}`, hint };
  }
}
