// What `write` does. Loaded on first use by write.ts.

import { messageOf } from "../../contracts/error.ts";
import { errorResult, type ToolContext, type ToolResult, textResult } from "../../contracts/tool.ts";
import { placeOutside } from "../shared/place-outside.ts";

/** `path` is where the file given is, or is to be. */
export async function executeWrite(
  { path: given, content }: { path: string; content: string },
  context: ToolContext,
  path: string,
): Promise<ToolResult> {
  try {
    const elsewhere = await placeOutside(path, context);
    if (context.signal.aborted) return errorResult("Operation aborted");
    await context.files.writeAtomic(path, content);
    return textResult(`Successfully wrote to ${given}${elsewhere} (${Buffer.byteLength(content)} bytes)`);
  } catch (error) {
    return errorResult(messageOf(error));
  }
}
