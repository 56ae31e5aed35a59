// An image file as a tool result. Loaded by read when a file turns out to be one.
// The image is kept whichever model is in use: what it cannot take is left out of each request to it, and another one sees it.

import { errorResult, type ToolContext, type ToolResult } from "../../contracts/tool.ts";
import { fitImage } from "./fit-image.ts";
import { imageTypeOf } from "./image-type.ts";

/** Larger files are not even looked into. */
const maxFileBytes = 100 * 1024 * 1024;

/** What stands in an image's place when it cannot be sent; also in prompts. */
const omittedImageText = "[Image omitted: could not be resized below the inline image size limit.]";

export async function imageResult(
  path: string,
  fileBytes: number,
  context: ToolContext,
  loadCodec: () => Promise<Uint8Array>,
  side?: number,
): Promise<ToolResult> {
  const bytes = fileBytes > maxFileBytes ? undefined : await context.files.read(path);
  const mimeType = imageTypeOf(bytes ?? (await firstBytes(path, context)));
  if (mimeType === undefined) return errorResult(`${path} was an image a moment ago and is none now. Read it again.`);
  const title = `Read image file [${mimeType}]`;
  const withText = (text: string): ToolResult => ({ content: [{ type: "text", text }], structuredContent: text });
  const fitted = bytes === undefined ? undefined : await fitImage(bytes, mimeType, loadCodec, side);
  if (fitted === undefined) return withText(`${title}\n${omittedImageText}`);
  const { original, width, height } = fitted;
  const isSmaller = original !== undefined && original.width !== width;
  const text = isSmaller
    ? `${title}\n[Shown at ${width}x${height}, the file has ${original.width}x${original.height}: multiply coordinates by ${(original.width / width).toFixed(2)}.]`
    : title;
  const data = Buffer.from(fitted.bytes.buffer, fitted.bytes.byteOffset, fitted.bytes.byteLength).toString("base64");
  return {
    content: [
      { type: "text", text },
      { type: "image", data, mimeType: fitted.mimeType },
    ],
    structuredContent: text,
  };
}

async function firstBytes(path: string, context: ToolContext): Promise<Uint8Array> {
  for await (const chunk of context.files.readChunks(path)) return chunk;
  return new Uint8Array(0);
}
