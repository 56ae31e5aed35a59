// Methods about the session, its tree, and the user's own commands.

import { PiError } from "../../../contracts/error.ts";
import { textOf } from "../../../contracts/message.ts";
import { amount, count, fields, flag, list, optional, orNull, text } from "../../../contracts/schema.ts";
import type { AnyEntry, EntryOf } from "../../../contracts/session-entry.ts";
import { entry, leafId, replaced } from "../../../contracts/shapes.ts";
import { viewsOf } from "../../../contracts/tool-view.ts";
import { sessionStats } from "../../../harness/conversation/session-stats.ts";
import { encodeTree, type TreeAnswer, treeNode } from "../encode-tree.ts";
import { method } from "../method.ts";

export const sessionMethods = [
  method({
    name: "bash",
    group: "Shell",
    about:
      "Runs a command as the user. Its output comes in `bash_execution_update` events as it is written; the answer holds as much of it as the model would be shown. It is part of the conversation from the next prompt on. Of many commands 16 run at a time, the others in the order they came.",
    params: { command: text(), excludeFromContext: optional(flag("keep it in the session, but from the model")) },
    result: fields({
      output: text("the end of it where it was too long"),
      exitCode: optional(count("128 and the signal's number where one ended it; absent when cancelled")),
      cancelled: flag(),
      truncated: flag(),
      fullOutputPath: optional(text("file with all of the output, where `output` is cut")),
    }),
    order: "in turn",
    run: ({ command, excludeFromContext }, { sessions, id, emit }) =>
      sessions.coding.shell.run(command, {
        ...(excludeFromContext === undefined ? {} : { excludeFromContext }),
        onData: (delta) => emit({ type: "bash_execution_update", ...(id === undefined ? {} : { id }), delta }),
      }),
  }),
  method({
    name: "abort_bash",
    group: "Shell",
    about: "Ends the commands of `bash` that are running, with all they have started, and those that wait to be run.",
    params: {},
    order: "at once",
    run: (_params, { sessions }): undefined => {
      sessions.coding.shell.abort();
    },
  }),
  method({
    name: "new_session",
    group: "Session",
    about:
      "Begins an empty session. What runs is stopped, queued messages are cleared (a `queue_update` says so); model, level and modes stay.",
    params: { parentSession: optional(text("path to keep as where it came from")) },
    result: replaced,
    order: "change",
    run: ({ parentSession }, { sessions }) => sessions.newSession(parentSession === undefined ? {} : { parentSession }),
  }),
  method({
    name: "switch_session",
    group: "Session",
    about: "Goes on with another session file; where none is, with a new session that will be stored there.",
    params: { sessionPath: text("relative to the working directory, or absolute") },
    result: replaced,
    order: "change",
    run: ({ sessionPath }, { sessions }) => sessions.switchSession(sessionPath),
  }),
  method({
    name: "fork",
    group: "Session",
    about: "Goes on in a new session that ends before a user message, of whatever branch; gives its text back to change and send again.",
    params: { entryId: text("of the user message") },
    result: fields({ text: text(), cancelled: flag() }),
    order: "change",
    run: ({ entryId }, { sessions }) => sessions.fork(entryId),
  }),
  method({
    name: "clone",
    group: "Session",
    about: "Goes on in a new session with all of the branch in force.",
    params: {},
    result: replaced,
    order: "change",
    run: (_params, { sessions }) => sessions.clone(),
  }),
  method({
    name: "get_fork_messages",
    group: "Session",
    about: "The user messages of all branches, in the order of the file.",
    params: {},
    result: fields({ messages: list(fields({ entryId: text(), text: text() })) }),
    order: "in turn",
    run: (_params, { sessions }): { messages: { entryId: string; text: string }[] } => ({
      messages: sessions.coding.session.entries().flatMap((one) => {
        const message = one.type === "message" ? (one as EntryOf<"message">).message : undefined;
        return message?.role === "user" ? [{ entryId: one.id, text: textOf(message.content) }] : [];
      }),
    }),
  }),
  method({
    name: "get_entries",
    group: "Session",
    about: "All entries in the order of the file, or those after one.",
    params: { since: optional(text("id of the last entry known; strictly later ones are given")) },
    result: fields({ entries: list(entry), leafId }),
    order: "in turn",
    run: ({ since }, { sessions }): { entries: AnyEntry[]; leafId: string | null } => {
      const { session } = sessions.coding;
      const entries = session.entries();
      const at = since === undefined ? -1 : entries.findIndex((one) => one.id === since);
      if (since !== undefined && at < 0) throw new PiError("session.entry_not_found", `Entry not found: ${since}`);
      return { entries: entries.slice(at + 1), leafId: session.leafId };
    },
  }),
  method({
    name: "get_tree",
    group: "Session",
    about: "All entries as a tree.",
    params: {},
    result: fields({
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
  method({
    name: "get_session_stats",
    group: "Session",
    about: "Counts, tokens and cost of the whole session, and how full the window is.",
    params: {},
    result: fields({
      sessionFile: optional(text()),
      sessionId: text(),
      userMessages: count(),
      assistantMessages: count(),
      toolCalls: count(),
      toolResults: count(),
      totalMessages: count(),
      tokens: fields({ input: count(), output: count(), cacheRead: count(), cacheWrite: count(), total: count() }),
      cost: amount("USD"),
      contextUsage: optional(
        fields({
          tokens: orNull(count(), "null until the next answer after a compaction"),
          contextWindow: count(),
          percent: orNull(amount(), "of the window"),
        }),
      ),
    }),
    order: "in turn",
    run: (_params, { sessions }) => sessionStats(sessions.coding.conversation),
  }),
  method({
    name: "export_html",
    group: "Session",
    about: "Writes the session as a page.",
    params: { outputPath: optional(text("default: `pi-session-<name of the file>.html` in the working directory")) },
    result: fields({ path: text() }),
    order: "in turn",
    run: async ({ outputPath }, { sessions }): Promise<{ path: string }> => {
      const { exportHtml } = await import("../../../transcript/export-html.ts");
      const { cwd } = sessions.launch.options;
      const toolViews = viewsOf(sessions.coding.conversation.tools);
      return exportHtml(sessions.coding.session, { cwd, toolViews, ...(outputPath === undefined ? {} : { outputPath }) });
    },
  }),
  method({
    name: "set_session_name",
    group: "Session",
    about: "Names the session.",
    params: { name: text() },
    order: "in turn",
    run: ({ name }, { sessions }): undefined => {
      const trimmed = name.trim();
      if (trimmed === "") throw new PiError("usage.empty_name", "Session name cannot be empty");
      sessions.coding.conversation.setName(trimmed);
    },
  }),
] as const;
