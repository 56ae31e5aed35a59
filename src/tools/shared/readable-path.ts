// A path that is only read: on disk, or `artifact://N`, the output that a notice named. Called by read and grep.

import { artifactIdOf, artifactReference } from "../../contracts/artifact.ts";
import type { ToolContext } from "../../contracts/tool.ts";
import { resolvePath } from "./resolve-path.ts";

/** `refusal`: in words for the model. */
export async function readablePath(given: string, context: ToolContext): Promise<{ path: string } | { refusal: string }> {
  const id = artifactIdOf(given);
  if (id === undefined) return { path: await resolvePath(given, context) };
  const found = id < 0 ? undefined : await context.artifacts.find(id);
  if (found !== undefined) return { path: found.path };
  const there = await context.artifacts.list();
  const known = there.length === 0 ? "There are none." : `There are ${there.slice(-50).map(artifactReference).join(", ")}.`;
  return { refusal: `There is no ${given} in this session. ${known}` };
}

/** Of what may never end, or never begin. In words for the model. */
export function notRegularText(path: string): string {
  return `Not a regular file: ${path} is a device, pipe or socket and cannot be read.`;
}
