// The runtime `claude`.
import type { EngineEnd, RunAt } from "../hosted-run.ts";
import { HostedRuntime } from "../hosted-runtime.ts";
import type { Probe } from "../runtime.ts";

export class ClaudeRuntime extends HostedRuntime {
  readonly kind = "claude";
  async probe(): Promise<Probe> {
    return { ok: false, code: "runtime.unavailable", message: "", hint: "" };
  }
  async carryOut(_at: RunAt): Promise<EngineEnd> {
    throw new Error("not yet");
  }
}
