// Where a change really goes, for the result of tools that write. Invariant: pure but for asking where links lead.

import type { ToolContext } from "../../contracts/tool.ts";
import { isInside } from "../../platform/paths.ts";

/** The real file, where a link leads out of the directory that the path names it in. */
export async function placeOutside(path: string, { cwd, files }: ToolContext): Promise<string> {
  const [real, root] = await Promise.all([files.canonical(path), files.canonical(cwd)]);
  return isInside(path, cwd) && !isInside(real, root) ? `, a link to ${real}` : "";
}
