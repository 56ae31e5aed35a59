// What the policy of a launch makes of a call, without running it: `pi inspect --tool`. Called by cli.

import type { Judged } from "../../extensions/policy/judge.ts";
import { judge } from "../../extensions/policy/judge.ts";
import { createFileOperations } from "../../platform/files/files.ts";
import { type Launch, policyRows } from "./launch.ts";

export async function judgeCall(
  launch: Launch,
  tool: string,
  args: Record<string, unknown>,
  { homeDir }: { homeDir: string },
): Promise<Pick<Judged, "action" | "reason">> {
  const { options, config } = launch;
  const files = createFileOperations();
  const places = { cwd: options.cwd, homeDir, canonical: (path: string) => files.canonical(path) };
  const { action, reason } = await judge(tool, args, policyRows(launch), config.values.permissionMode, places);
  return { action, reason };
}
