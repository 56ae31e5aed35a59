// Methods that the npm agent has not: what hosts had to scrape or to guess.

import { amount, anyObject, count, fields, flag, list, optional, orNull, record, text } from "../../../contracts/schema.ts";
import { version } from "../../../contracts/version.ts";
import { method } from "../method.ts";

/** Of the protocol as docs/rpc.md has it; grows when something that a client may rely on is added. */
export const protocolVersion = 1;

/** What a client of the npm agent would not find there. */
export const capabilities = ["seq", "prompt_id", "prompt_key", "near_models", "finish_on_eof"] as const;

export const beyondMethods = [
  method({
    name: "get_version",
    group: "Beyond the npm agent",
    about: "Who answers, and what it can do.",
    params: {},
    result: fields({ name: text(), version: text(), protocol: count(), capabilities: list(text()) }),
    order: "at once",
    run: () => ({ name: "pi", version, protocol: protocolVersion, capabilities: [...capabilities] as string[] }),
  }),
  method({
    name: "get_tools",
    group: "Beyond the npm agent",
    about: "All tools there are, and which of them the model gets.",
    params: {},
    result: fields({
      tools: list(
        fields({
          name: text(),
          description: text(),
          parameters: record("JSON Schema"),
          active: flag(),
        }),
      ),
    }),
    order: "in turn",
    run: (_params, { sessions }) => {
      const active = new Set(sessions.coding.conversation.activeToolNames);
      return {
        tools: sessions.coding.conversation.tools.map(({ name, description, parameters }) => ({
          name,
          description,
          parameters,
          active: active.has(name),
        })),
      };
    },
  }),
  method({
    name: "set_active_tools",
    group: "Beyond the npm agent",
    about: "Which tools the model gets from the next model call on.",
    params: { names: list(text()) },
    result: fields({ names: list(text()) }),
    order: "in turn",
    run: async ({ names }, { sessions }): Promise<{ names: string[] }> => {
      const { knownToolNames } = await import("../../../harness/conversation/known-tools.ts");
      sessions.coding.conversation.setActiveToolNames(knownToolNames(names, sessions.coding.conversation.tools));
      return { names: [...sessions.coding.conversation.activeToolNames] };
    },
  }),
  method({
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
      const { storedSessions } = await import("../../../harness/host/stored-sessions.ts");
      return {
        sessions: await storedSessions(sessions.launch, { all: all === true, limit: limit ?? Number.POSITIVE_INFINITY }),
      };
    },
  }),
  method({
    name: "delete_session",
    group: "Beyond the npm agent",
    about: "Removes a session file and what lies beside it. Without a path it is the session in force; a new one takes its place.",
    params: { sessionPath: optional(text()) },
    result: fields({ path: orNull(text(), "what was removed; null: there was no file") }),
    order: "change",
    run: async ({ sessionPath }, { sessions }): Promise<{ path: string | null }> => {
      const { deleteSession } = await import("../../../harness/host/stored-sessions.ts");
      return { path: (await deleteSession(sessions, sessionPath)) ?? null };
    },
  }),
  method({
    name: "get_auth",
    group: "Beyond the npm agent",
    about: "Which providers have a credential and where it comes from. Never the credential.",
    params: {},
    result: fields({ providers: list(fields({ provider: text(), source: text("by name: a variable, a file, an option") })) }),
    order: "in turn",
    run: (_params, { sessions }): { providers: { provider: string; source: string }[] } => ({
      providers: sessions.registry.providers().flatMap((provider) => {
        const source = sessions.registry.credentialSource(provider);
        return source === undefined ? [] : [{ provider, source }];
      }),
    }),
  }),
  method({
    name: "navigate",
    group: "Beyond the npm agent",
    about:
      "Makes another entry the end of the branch in force. At a user message the branch ends before it and its text is given back. With `summarize` what is left behind is summed up for the model.",
    params: {
      entryId: orNull(text(), "null: before all entries, where a tree of its own begins"),
      summarize: optional(flag()),
      customInstructions: optional(text("what the summary should look to")),
    },
    result: fields({ cancelled: flag(), text: optional(text()), summaryEntryId: optional(text()) }),
    order: "change",
    run: ({ entryId, summarize, customInstructions }, { sessions }) =>
      sessions.coding.navigate(entryId, {
        ...(summarize === undefined ? {} : { summarize }),
        ...(customInstructions === undefined ? {} : { customInstructions }),
      }),
  }),
  method({
    name: "set_label",
    group: "Beyond the npm agent",
    about: "Puts a label on an entry; without one takes it away.",
    params: { entryId: text(), label: optional(text()) },
    order: "in turn",
    run: ({ entryId, label }, { sessions }): undefined => {
      sessions.coding.setLabel(entryId, label);
    },
  }),
  method({
    name: "inspect",
    group: "Beyond the npm agent",
    about: "What the next model call would be made of, and where each choice comes from. Credentials by name and source only.",
    params: {},
    result: fields({
      launch: anyObject("what a start would be, as `pi inspect --json` has it"),
      current: anyObject("model, level, tools, prompt and session in force"),
    }),
    order: "in turn",
    run: async (_params, { sessions }) => {
      const { inspectSession } = await import("../../../harness/host/inspect-session.ts");
      return inspectSession(sessions);
    },
  }),
  method({
    name: "reload",
    group: "Beyond the npm agent",
    about: "Reads configuration, credentials, context files and the session file anew. What runs is stopped.",
    params: {},
    order: "change",
    run: async (_params, { sessions }): Promise<undefined> => {
      await sessions.reload();
    },
  }),
] as const;
