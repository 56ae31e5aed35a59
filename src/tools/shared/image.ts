// Images as the model gets them. Loaded when a file turns out to be one.

import { errorResult, type ToolContext, type ToolResult } from "../../contracts/tool.ts";
import { imageTypeOf } from "./image-type.ts";

export async function imageResult(path: string, context: ToolContext): Promise<ToolResult> {
  const bytes = await context.files.read(path);
  const mimeType = imageTypeOf(bytes);
  if (mimeType === undefined) return errorResult(`Not an image any more: ${path}`);
  const text = `Read image file [${mimeType}]`;
  if (!context.acceptsImages) {
    return {
      content: [{ type: "text", text: `${text}\n[Image omitted: the model in use does not take images.]` }],
      structuredContent: text,
    };
  }
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
  return {
    content: [
      { type: "text", text },
      { type: "image", data, mimeType },
    ],
    structuredContent: text,
  };
}
