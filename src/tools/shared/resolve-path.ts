// Paths as models write them, and what to say when there is nothing there. Used by all tools that take a path.

import { basename, dirname } from "node:path";
import { nearestName } from "../../contracts/nearest.ts";
import type { ToolContext } from "../../contracts/tool.ts";
import { absolutePath } from "../../platform/paths.ts";

/** Absolute: relative to the session's cwd, `~` expanded, a leading `@` (as users write mentions) dropped. */
export function resolvePath(path: string, context: Pick<ToolContext, "cwd" | "homeDir">): string {
  const named = path.startsWith("@") ? path.slice(1) : path;
  return absolutePath(named === "" ? "." : named, context.cwd, context.homeDir);
}

export function errorCode(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" ? code : undefined;
}

/** A line naming the most similar entry of the directory, or nothing. */
export async function nearestEntryHint(path: string, context: ToolContext): Promise<string> {
  try {
    const names = (await context.files.list(dirname(path))).slice(0, 2000).map((entry) => entry.name);
    const nearest = nearestName(basename(path), names);
    return nearest === undefined ? "" : `\nThe nearest name in that directory is ${JSON.stringify(nearest)}.`;
  } catch {
    return "";
  }
}
