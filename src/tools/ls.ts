// The `ls` tool: one directory's entries.

import { tool } from "../contracts/tool.ts";

export const lsTool = tool({
  name: "ls",
  isReadOnly: true,
  description:
    "List a directory: sorted, with hidden entries, directories with a slash at the end. At most 500 entries or 50KB unless told otherwise.",
  parameters: {
    type: "object",
    properties: {
      path: { type: "string", description: "Directory to list; default: the working directory" },
      limit: { type: "number", description: "Most entries to return; default: 500" },
    },
  },
  promptLine: "List directories",
  view: { body: () => undefined },
  execute: async (args, context) => (await import("./execute/ls.ts")).executeLs(args, context),
});
