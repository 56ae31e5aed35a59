// The `read` tool: text by lines, images as images.

import { tool } from "../contracts/tool.ts";
import { type CallArguments, countedLines, numberArgument, pathArgument, textArgument } from "../contracts/tool-view.ts";

/** `loadCodec` gives the image codec's bytes, asked for images that are too large: longer than `side`, where that is given. */
export function readTool(loadCodec: () => Promise<Uint8Array>, side?: number) {
  return tool({
    name: "read",
    isReadOnly: true,
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
    view: { headline: pathAndLines, body: () => undefined, outputPath: (args) => textArgument(args, "path"), outcome: linesRead },
    execute: async (args, context) => (await import("./execute/read.ts")).executeRead(args, context, loadCodec, side),
  });
}

/** `src/a.ts:20-39` */
function pathAndLines(args: CallArguments): string {
  const from = numberArgument(args, "offset");
  const count = numberArgument(args, "limit");
  if (from === 0 && count === 0) return pathArgument(args);
  return `${pathArgument(args)}:${from || 1}${count === 0 ? "-" : `-${(from || 1) + count - 1}`}`;
}

/** `1–200` where the headline does not say it; nothing of an image. */
function linesRead(args: CallArguments, { text, isError }: { text: string; isError: boolean }): string {
  if (isError || text === "") return "";
  const shown = text.replace(/\n\n\[[^\n]*\]$/, "").replace(/\n$/, "");
  if (numberArgument(args, "offset") > 0 || numberArgument(args, "limit") > 0) return countedLines(shown);
  return `1–${shown.split("\n").length}`;
}
