// The screen's side of the commands that sessions have (harness/commands), by their slash names. Read by the interaction and the completion.

import { defined } from "../../../contracts/defined.ts";
import { isPiError } from "../../../contracts/error.ts";
import { countText } from "../../../contracts/text/terminal-text.ts";
import type { SessionInspection } from "../../../harness/host/inspect-session.ts";
import type { InspectedTheme } from "../../../harness/host/inspect-themes.ts";
import { plural } from "../../../transcript/format.ts";
import type { Theme } from "../../../tui/theme/theme.ts";
import { call } from "./call.ts";
import type { CommandFace } from "./slash-command.ts";

const cancelledOr =
  (text: string): NonNullable<CommandFace["told"]> =>
  (result, at) => {
    const { cancelled, text: draft } = result as { cancelled?: boolean; text?: string };
    if (cancelled === true) at.hint("An extension has called it off");
    else at.hint(text);
    if (cancelled !== true && draft !== undefined && draft !== "") at.composer.giveBack(draft);
  };

export const commandFaces: Readonly<Record<string, CommandFace>> = {
  new: { told: cancelledOr("New session") },
  clone: { told: cancelledOr("A copy of the session") },
  fork: {
    ask: async (at) => (await import("../pickers/fork-picker.ts")).openForkPicker(at),
    told: cancelledOr("Forked"),
  },
  resume: {
    ask: async (at, said) => (await import("../pickers/session-picker.ts")).openSessionPicker(at, { filter: said }),
    refused: async (error, params, at) => {
      if (!isPiError(error) || error.code !== "session.busy") return undefined;
      const copy = "Go on in a copy of it";
      const way = await at.dialogs.select(error.message, [copy, "Leave it where it is open"]);
      return way === copy ? call("switch_session", { ...(params as { sessionPath: string }), onBusy: "fork" }, at) : null;
    },
    told: cancelledOr("Session opened"),
  },
  tree: {
    ask: async (at) => (await import("../pickers/tree-picker.ts")).openTreePicker(at),
    told: (result, at) => {
      at.showSession();
      cancelledOr("Moved in the tree")(result, at);
    },
  },
  model: {
    complete: async (sessions) =>
      (await call("get_available_models", {}, { sessions })).models.map(({ provider, id, name }) => ({
        value: `${provider}/${id}`,
        label: `${provider}/${id}`,
        description: name,
      })),
    ask: async (at, said) => (await import("../pickers/model-picker.ts")).openModelPicker(at, said),
    told: (result, at) => {
      const { provider, id } = result as { provider: string; id: string };
      at.hint(`Model: ${provider}/${id}`);
    },
  },
  thinking: {
    complete: async (sessions) =>
      (await call("get_available_thinking_levels", {}, { sessions })).levels.map((level) => ({ value: level, label: level })),
    ask: async (at) => {
      const { levels } = await call("get_available_thinking_levels", {}, at);
      at.choose({
        title: "Thinking level",
        items: levels.map((level) => ({ value: level, label: level })),
        chosen: at.sessions.coding.conversation.thinkingLevel,
        take: (level) => at.runChosen("thinking", level),
      });
    },
    told: (_result, at) => at.hint(`Thinking: ${at.sessions.coding.conversation.thinkingLevel}`),
  },
  name: {
    ask: (at) => {
      const { name } = at.sessions.coding.conversation;
      at.say(
        name === undefined ? "The session has no name yet" : `The session is called ${JSON.stringify(name)}`,
        "info",
        "/name NAME names it",
      );
    },
    told: (_result, at) => at.hint(`Session: ${at.sessions.coding.conversation.name ?? ""}`),
  },
  session: {
    told: (result, at) => {
      const stats = result as Awaited<ReturnType<typeof call<"get_session_stats">>>;
      const { tokens } = stats;
      at.say(
        [
          `Session ${stats.sessionId}${stats.sessionFile === undefined ? ", not stored" : ""}`,
          ...(stats.sessionFile === undefined ? [] : [stats.sessionFile]),
          [plural(stats.userMessages, "prompt"), plural(stats.assistantMessages, "answer"), plural(stats.toolCalls, "tool call")].join(
            ", ",
          ),
          `${countText(tokens.input)} tokens in, ${countText(tokens.output)} out, ${countText(tokens.cacheRead)} read from the cache, ${countText(tokens.cacheWrite)} written to it`,
          `$${stats.cost.toFixed(4)}`,
        ].join("\n"),
      );
    },
  },
  import: {
    ask: (at) => at.say("/import takes over a session file from elsewhere", "info", "/import PATH, of a .jsonl file"),
    told: (result, at) => {
      cancelledOr("Session imported")(result, at);
      const { path, changes } = result as { path: string; changes: readonly string[] };
      at.say(`Session file ${path}${changes.map((one) => `\n${one}`).join("")}`);
    },
  },
  export: { told: (result, at) => at.say(`Written to ${(result as { path: string }).path}`) },
  reload: {
    needsRest: true,
    told: (_result, at) => at.hint("Configuration, resources and extensions are read anew"),
  },
  inspect: {
    told: (result, at) => {
      const { current, launch } = result as SessionInspection;
      const { extensions, skills, promptTemplates, themes } = launch;
      const shown = { ...current, extensions, skills, promptTemplates, themes: withDrawn(themes, at.surface?.theme) };
      at.say(JSON.stringify(shown, null, 2));
    },
  },
};

/** The one that is drawn is the one in use, also where an extension has chosen it. */
function withDrawn(themes: readonly InspectedTheme[], drawn: Theme | undefined): readonly InspectedTheme[] {
  if (drawn === undefined) return themes;
  const { name, sourcePath } = drawn;
  const isDrawn = (one: InspectedTheme): boolean =>
    sourcePath === undefined ? one.path === undefined && one.name === name : one.path === sourcePath;
  const listed = themes.map(({ background: _, ...one }) => ({ ...one, inUse: isDrawn(one) && one.problem === undefined }));
  return listed.some(({ inUse }) => inUse) ? listed : [...listed, { name, ...defined({ path: sourcePath }), inUse: true }];
}
