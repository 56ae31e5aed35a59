// Methods whose output is more than one answer holds: told as it comes, or encoded piece by piece.

import { defined } from "../../../contracts/defined.ts";
import { count, fields, flag, list, optional, text } from "../../../contracts/schema.ts";
import { leafId } from "../../../contracts/shapes.ts";
import { encodeTree, type TreeAnswer, treeNode } from "../encode-tree.ts";
import { method } from "../method.ts";

export const streamMethods = [
  method({
    name: "bash",
    group: "Shell",
    about:
      "Runs a command as the user. Its output comes in `bash_execution_update` events as it is written; the answer holds as much of it as the model would be shown. It is part of the conversation from the next prompt on. Of many commands 16 run at a time, the others in the order they came.",
    params: { command: text(), excludeFromContext: optional(flag("keep it in the session, but from the model")) },
    result: () =>
      fields({
        output: text("the end of it where it was too long"),
        exitCode: optional(count("128 and the signal's number where one ended it; absent when cancelled")),
        cancelled: flag(),
        truncated: flag(),
        fullOutputPath: optional(text("file with all of the output, where `output` is cut")),
      }),
    order: "in turn",
    run: ({ command, excludeFromContext }, { sessions, id, emit }) =>
      sessions.coding.shell.run(command, {
        ...defined({ excludeFromContext }),
        onData: (delta) => emit({ type: "bash_execution_update", ...defined({ id }), delta }),
      }),
  }),
  method({
    name: "get_tree",
    group: "Session",
    about: "All entries as a tree.",
    params: {},
    result: () =>
      fields({
        tree: list(treeNode),
        leafId,
      }),
    order: "in turn",
    run: (_params, { sessions }): TreeAnswer => {
      const { session } = sessions.coding;
      return { tree: session.tree(), leafId: session.leafId };
    },
    encode: encodeTree,
  }),
] as const;
