// The `grep` tool: ripgrep over file contents.

import { tool } from "../contracts/tool.ts";
import { searchHeadline } from "../contracts/tool-view.ts";

/** `ripgrep` gives the program's path; it is asked on first use. */
export function grepTool(ripgrep: () => Promise<string>) {
  return tool({
    name: "grep",
    isReadOnly: true,
    description:
      "Search file contents for a regular expression. Gives matching lines with path and line number. Respects .gitignore, includes hidden files. At most 100 matches or 50KB unless told otherwise; long lines are cut at 500 characters.",
    parameters: {
      type: "object",
      properties: {
        pattern: { type: "string", description: "Regular expression, or plain text with literal" },
        path: { type: "string", description: "Directory or file to search; default: the working directory" },
        glob: { type: "string", description: "Only files that fit this glob, such as '*.ts' or '**/*.spec.ts'" },
        ignoreCase: { type: "boolean", description: "Ignore case; default: false" },
        literal: { type: "boolean", description: "Take pattern as plain text; default: false" },
        context: { type: "number", description: "Lines to show before and after each match; default: 0" },
        limit: { type: "number", description: "Most matches to return; default: 100" },
      },
      required: ["pattern"],
    },
    promptLine: "Search file contents by pattern, respecting .gitignore",
    view: { headline: searchHeadline },
    execute: async (args, context) => (await import("./execute/grep.ts")).executeGrep(args, context, ripgrep),
  });
}
