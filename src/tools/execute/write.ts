// What `write` does. Loaded on first use by write.ts.

import { relative } from "node:path";
import { messageOf } from "../../contracts/error.ts";
import { errorResult, type ToolContext, type ToolResult, textResult } from "../../contracts/tool.ts";

/** `path` is where the file given is, or is to be. */
export async function executeWrite(args: Record<string, unknown>, context: ToolContext, path: string): Promise<ToolResult> {
  const given = args.path as string;
  const content = args.content as string;
  if (context.signal.aborted) return errorResult("Operation aborted");
  try {
    const elsewhere = await placeOutside(path, context);
    await context.files.writeAtomic(path, content);
    return textResult(`Successfully wrote to ${given}${elsewhere} (${Buffer.byteLength(content)} bytes)`);
  } catch (error) {
    return errorResult(messageOf(error));
  }
}

/** The real file, where a link leads out of the directory that the path names it in. */
async function placeOutside(path: string, { cwd, files }: ToolContext): Promise<string> {
  const [real, root] = await Promise.all([files.canonical(path), files.canonical(cwd)]);
  const isNamedInside = !relative(cwd, path).startsWith("..");
  return isNamedInside && relative(root, real).startsWith("..") ? `, a link to ${real}` : "";
}
