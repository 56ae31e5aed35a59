// The `read` tool: text by lines, images as images.

import type { Tool } from "../contracts/tool.ts";

/** `loadCodec` gives the image codec's bytes, asked for images that are too large. */
export function readTool(loadCodec: () => Promise<Uint8Array>): Tool {
  return {
    name: "read",
    description:
      "Read a file. Text is returned up to 2000 lines or 50KB, whichever comes first; page through more with offset and limit. PNG, JPEG, GIF and WebP files come back as images.",
    parameters: {
      type: "object",
      properties: {
        path: { type: "string", description: "File to read, absolute or relative to the working directory" },
        offset: { type: "number", description: "Line to start at, counted from 1" },
        limit: { type: "number", description: "Most lines to return" },
      },
      required: ["path"],
    },
    promptLine: "Read files: text by lines, images as images",
    guidelines: ["Look at files with read, not with cat or sed."],
    execute: async (args, context) => (await import("./execute/read.ts")).executeRead(args, context, loadCodec),
  };
}
