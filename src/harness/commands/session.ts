// Commands about the session in force and its tree.

import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { defined } from "../../contracts/defined.ts";
import { PiError } from "../../contracts/error.ts";
import { amount, choice, count, fields, flag, list, optional, orNull, text } from "../../contracts/schema.ts";
import type { AnyEntry } from "../../contracts/session-entry.ts";
import { entry, leafId, replaced } from "../../contracts/shapes.ts";
import { sessionNameOf } from "../../contracts/text/session-name.ts";
import { viewsOf } from "../../contracts/tool-view.ts";
import { forkMessages } from "../compaction/branch.ts";
import { sessionStats } from "../conversation/session-stats.ts";
import { command } from "./command.ts";

export const sessionCommands = [
  command({
    name: "abort_bash",
    group: "Shell",
    about: "Ends the commands of `bash` that are running, with all they have started, and those that wait to be run.",
    params: {},
    order: "at once",
    run: (_params, { sessions }): undefined => {
      sessions.coding.shell.abort();
    },
  }),
  command({
    name: "new_session",
    group: "Session",
    about:
      "Begins an empty session. What runs is stopped, queued messages are cleared (a `queue_update` says so); model, level and modes stay.",
    params: { parentSession: optional(text("path to keep as where it came from")) },
    result: replaced,
    slash: { name: "new", about: "Begin an empty session" },
    order: "change",
    run: ({ parentSession }, { sessions }) => sessions.changes.newSession(parentSession === undefined ? {} : { parentSession }),
  }),
  command({
    name: "switch_session",
    group: "Session",
    about: "Goes on with another session file; where none is, with a new session that will be stored there.",
    params: {
      sessionPath: text("relative to the working directory, or absolute"),
      onBusy: optional(choice(["fail", "wait", "fork"], "where another process writes it; else as `--on-busy` said at the start")),
    },
    result: replaced,
    slash: {
      name: "resume",
      about: "Go on with another session",
      argument: "[path]",
      // Who types a name that is nowhere looks for one, and wants no new file of that name.
      params: (argument, cwd) => (argument !== "" && existsSync(resolve(cwd, argument)) ? { sessionPath: argument } : undefined),
    },
    order: "change",
    run: ({ sessionPath, onBusy }, { sessions }) => sessions.changes.switchSession(sessionPath, defined({ onBusy })),
  }),
  command({
    name: "fork",
    group: "Session",
    about: "Goes on in a new session that ends before a user message, of whatever branch; gives its text back to change and send again.",
    params: { entryId: text("of the user message") },
    result: () => fields({ text: text(), cancelled: flag() }),
    slash: {
      name: "fork",
      about: "Begin a new session before an earlier message",
      argument: "[entry]",
      params: (argument) => (argument === "" ? undefined : { entryId: argument }),
    },
    order: "change",
    run: ({ entryId }, { sessions }) => sessions.changes.fork(entryId),
  }),
  command({
    name: "clone",
    group: "Session",
    about: "Goes on in a new session with all of the branch in force.",
    params: {},
    result: replaced,
    slash: { name: "clone", about: "Go on in a copy of the session" },
    order: "change",
    run: (_params, { sessions }) => sessions.changes.clone(),
  }),
  command({
    name: "get_fork_messages",
    group: "Session",
    about: "The user messages of all branches, in the order of the file.",
    params: {},
    result: () => fields({ messages: list(fields({ entryId: text(), text: text() })) }),
    order: "in turn",
    run: (_params, { sessions }) => ({ messages: forkMessages(sessions.coding.conversation) }),
  }),
  command({
    name: "get_entries",
    group: "Session",
    about: "All entries in the order of the file, or those after one.",
    params: { since: optional(text("id of the last entry known; strictly later ones are given")) },
    result: () => fields({ entries: list(entry), leafId }),
    order: "in turn",
    run: ({ since }, { sessions }): { entries: AnyEntry[]; leafId: string | null } => {
      const { session } = sessions.coding;
      const entries = session.entries();
      const at = since === undefined ? -1 : entries.findIndex((one) => one.id === since);
      if (since !== undefined && at < 0) throw new PiError("session.entry_not_found", `Entry not found: ${since}`);
      return { entries: entries.slice(at + 1), leafId: session.leafId };
    },
  }),
  command({
    name: "get_session_stats",
    group: "Session",
    about: "Counts, tokens and cost of the whole session, and how full the window is.",
    params: {},
    result: () =>
      fields({
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
    slash: { name: "session", about: "Show the session, its tokens and its cost" },
    order: "in turn",
    run: (_params, { sessions }) => sessionStats(sessions.coding.conversation),
  }),
  command({
    name: "export_html",
    group: "Session",
    about: "Writes the session as a page.",
    params: { outputPath: optional(text("default: `pi-session-<name of the file>.html` in the working directory")) },
    result: () => fields({ path: text() }),
    slash: {
      name: "export",
      about: "Write the session as a page",
      argument: "[path]",
      params: (argument) => (argument === "" ? {} : { outputPath: argument }),
    },
    order: "in turn",
    run: async ({ outputPath }, { sessions }): Promise<{ path: string }> => {
      const { exportHtml } = await import("../../transcript/export-html.ts");
      const { artifactTotal } = await import("../../artifacts/copy-artifacts.ts");
      const { cwd } = sessions.launch.options;
      const { session } = sessions.coding;
      const shown = { toolViews: viewsOf(sessions.coding.conversation.tools), artifacts: artifactTotal(session.filePath) };
      return exportHtml(session, { cwd, ...shown, ...defined({ outputPath }) });
    },
  }),
  command({
    name: "set_session_name",
    group: "Session",
    about: "Names the session.",
    params: { name: text() },
    slash: {
      name: "name",
      about: "Name the session",
      argument: "[name]",
      params: (argument) => (argument === "" ? undefined : { name: argument }),
    },
    order: "in turn",
    run: ({ name }, { sessions }): undefined => {
      sessions.coding.conversation.setName(sessionNameOf(name));
    },
  }),
  command({
    name: "navigate",
    group: "Beyond the npm agent",
    about:
      "Makes another entry the end of the branch in force. At a user message the branch ends before it and its text is given back. With `summarize` what is left behind is summed up for the model.",
    params: {
      entryId: orNull(text(), "null: before all entries, where a tree of its own begins"),
      summarize: optional(flag()),
      customInstructions: optional(text("what the summary should look to")),
    },
    result: () => fields({ cancelled: flag(), text: optional(text()), summaryEntryId: optional(text()) }),
    slash: {
      name: "tree",
      about: "Go to another entry of the session",
      argument: "[entry]",
      params: (argument) => (argument === "" ? undefined : { entryId: argument }),
    },
    order: "change",
    run: ({ entryId, summarize, customInstructions }, { sessions }) =>
      sessions.coding.navigate(entryId, {
        ...defined({ summarize, customInstructions }),
      }),
  }),
  command({
    name: "set_label",
    group: "Beyond the npm agent",
    about: "Puts a label on an entry; without one takes it away.",
    params: { entryId: text(), label: optional(text()) },
    order: "in turn",
    run: ({ entryId, label }, { sessions }): undefined => {
      sessions.coding.setLabel(entryId, label);
    },
  }),
] as const;
