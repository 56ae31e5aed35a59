// Commands about sessions that lie in files.

import { amount, count, fields, flag, list, optional, orNull, text } from "../../contracts/schema.ts";
import { command } from "./command.ts";

export const storedSessionCommands = [
  command({
    name: "list_sessions",
    group: "Beyond the npm agent",
    about: "Stored sessions, the one changed last first.",
    params: { all: optional(flag("of all working directories")), limit: optional(count("at most so many")) },
    result: fields({
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
    name: "delete_session",
    group: "Beyond the npm agent",
    about: "Removes a session file and what lies beside it. Without a path it is the session in force; a new one takes its place.",
    params: { sessionPath: optional(text()) },
    result: fields({ path: orNull(text(), "what was removed; null: there was no file") }),
    order: "change",
    run: async ({ sessionPath }, { sessions }): Promise<{ path: string | null }> => {
      const { deleteSession } = await import("../host/stored-sessions.ts");
      return { path: (await deleteSession(sessions, sessionPath)) ?? null };
    },
  }),
] as const;
