// Commands about sessions that lie in files.

import { amount, count, fields, flag, list, optional, orNull, text } from "../../contracts/schema.ts";
import { command } from "./command.ts";

export const storedSessionCommands = [
  command({
    name: "list_sessions",
    group: "Beyond the npm agent",
    about: "Stored sessions, the one changed last first.",
    params: { all: optional(flag("of all working directories")), limit: optional(count("at most so many")) },
    result: () =>
      fields({
        sessions: list(
          fields({
            path: text(),
            id: text(),
            cwd: text(),
            timestamp: text("of its beginning"),
            modifiedMs: amount("Unix milliseconds"),
            sizeBytes: count(),
            parentSession: optional(text()),
            name: optional(text()),
            firstPrompt: optional(text()),
            messageCount: optional(count()),
            model: optional(text()),
          }),
        ),
      }),
    order: "in turn",
    run: async ({ all, limit }, { sessions }) => {
      const { storedSessions } = await import("../host/stored-sessions.ts");
      return {
        sessions: await storedSessions(sessions.launch, { all: all === true, limit: limit ?? Number.POSITIVE_INFINITY }),
      };
    },
  }),
  command({
    name: "search_sessions",
    group: "Beyond the npm agent",
    about:
      "Stored sessions that hold a text in prompts, answers, thinking, tool calls and their results, summaries, names or labels, with the first line that does. Upper and lower case are the same.",
    params: { text: text(), all: optional(flag("of all working directories")), limit: optional(count("at most so many")) },
    result: () =>
      fields({
        sessions: list(
          fields({ path: text(), entryId: orNull(text()), where: text("`text`, `thinking`, `tool call`, `tool result`, …"), line: text() }),
        ),
      }),
    order: "at once",
    run: async ({ text: wanted, all, limit }, { sessions }) => {
      const { searchStored } = await import("../host/stored-sessions.ts");
      const how = { text: wanted, all: all === true, limit: limit ?? Number.POSITIVE_INFINITY };
      return { sessions: await searchStored(sessions.launch, how) };
    },
  }),
  command({
    name: "delete_session",
    group: "Beyond the npm agent",
    about: "Removes a session file and what lies beside it. Without a path it is the session in force; a new one takes its place.",
    params: { sessionPath: optional(text()) },
    result: () => fields({ path: orNull(text(), "what was removed; null: there was no file") }),
    order: "change",
    run: async ({ sessionPath }, { sessions }): Promise<{ path: string | null }> => {
      const { deleteSession } = await import("../host/stored-sessions.ts");
      return { path: (await deleteSession(sessions, sessionPath)) ?? null };
    },
  }),
  command({
    name: "import_session",
    group: "Beyond the npm agent",
    about:
      "Takes over a session file from elsewhere and goes on with it: a copy with its id and, where that is on this machine, its working directory. The file itself is left as it is.",
    params: { path: text("of a .jsonl file, relative to the working directory, or absolute") },
    result: () =>
      fields({
        cancelled: flag("an extension has called the change off"),
        path: text("of the copy"),
        changes: list(text("what differs from the file, one phrase each")),
      }),
    slash: {
      name: "import",
      about: "Go on with a session file from elsewhere",
      argument: "<path>",
      params: (argument) => (argument === "" ? undefined : { path: argument }),
    },
    order: "change",
    run: async ({ path }, { sessions }): Promise<{ cancelled: boolean; path: string; changes: string[] }> => {
      const { importStored } = await import("../host/stored-sessions.ts");
      const imported = await importStored(sessions, path);
      return { ...(await sessions.changes.switchSession(imported.path)), ...imported };
    },
  }),
] as const;
