// The `find` tool: files and directories by glob.

import { tool } from "../contracts/tool.ts";
import { searchHeadline } from "../contracts/tool-view.ts";

/** `ripgrep` gives the path of the program that walks the tree; it is asked on first use. */
export function findTool(ripgrep: () => Promise<string>) {
  return tool({
    name: "find",
    isReadOnly: true,
    description:
      "Find files and directories by glob. Gives sorted paths relative to the directory searched, directories with a slash at the end. Respects .gitignore, includes hidden files. At most 1000 results unless told otherwise.",
    parameters: {
      type: "object",
      properties: {
        pattern: {
          type: "string",
          description: "Glob such as '*.ts', '**/*.json' or 'src/**/*.spec.ts'; without a slash it fits names at any depth",
        },
        path: { type: "string", description: "Directory to search; default: the working directory" },
        limit: { type: "number", description: "Most results to return; default: 1000" },
      },
      required: ["pattern"],
    },
    promptLine: "Find files by glob, respecting .gitignore",
    view: { headline: searchHeadline },
    execute: async (args, context) => (await import("./execute/find.ts")).executeFind(args, context, ripgrep),
  });
}
