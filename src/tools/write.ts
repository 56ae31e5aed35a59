// The `write` tool: a whole file, new or replaced.

import { tool } from "../contracts/tool.ts";
import { countedLines, textArgument } from "../contracts/tool-view.ts";
import { changeFile } from "./shared/file-order.ts";

export const writeTool = tool({
  name: "write",
  description: "Write a whole file: makes it, with its parent directories, or replaces what is there.",
  parameters: {
    type: "object",
    properties: {
      path: { type: "string", description: "File to write, absolute or relative to the working directory" },
      content: { type: "string", description: "The file's whole new content" },
    },
    required: ["path", "content"],
  },
  promptLine: "Write whole files, new or replaced",
  guidelines: ["Use write for new files and complete rewrites, edit for everything else."],
  execute: (args, context) =>
    changeFile(args.path, context, async (path) => (await import("./execute/write.ts")).executeWrite(args, context, path)),
  view: {
    changedFile: (args) => textArgument(args, "path"),
    outcome: (args, { isError }) => (isError ? "" : countedLines(textArgument(args, "content"))),
    body: (args) => ({ kind: "file", text: textArgument(args, "content"), path: textArgument(args, "path") }),
  },
});
