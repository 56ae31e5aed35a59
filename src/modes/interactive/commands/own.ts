// Commands that no session has, and keys that stand for no typed command. Read by the interaction and the completion.

import { appKeys } from "../keymap.ts";
import { call } from "./call.ts";
import type { ScreenCommand } from "./slash-command.ts";

const key = (name: string, draw: NonNullable<ScreenCommand["draw"]>): ScreenCommand => ({ name, about: "", draw });

/** Where there are lines alone: the rest is the terminal's own. */
const lineKeys = [
  "Enter: send; in a run: after this turn",
  "\\ at the end of a line: go on in the next one",
  "Ctrl-C: stop what runs; twice on nothing: quit",
  "Ctrl-D: quit",
  "/stop: stop what runs",
  "!COMMAND: run it and tell the model; !!COMMAND: do not tell",
];

export const screenCommands: readonly ScreenCommand[] = [
  {
    name: "hotkeys",
    about: "Show the keys",
    run: (_args, at) => at.say(["Keys", ...lineKeys, "On a screen there are more: pi --tui-mode regular"].join("\n")),
    draw: (_args, at) => {
      const rows = Object.entries(appKeys).flatMap(([id, { about }]) => {
        const keys = at.keys.manager.getKeys(id as never).join(", ");
        return keys === "" || /^app\.(tree|models|session)\./.test(id) ? [] : [`| \`${keys}\` | ${about} |`];
      });
      at.show(
        "Keys",
        [
          "| key | does |",
          "|---|---|",
          "| `enter` | send; in a run: after this turn |",
          "| `shift+enter`, `ctrl+j`, `\\` `enter` | new line |",
          ...rows,
        ].join("\n"),
      );
    },
  },
  {
    name: "copy",
    about: "Copy the last answer",
    run: async (_args, at) => (await import("../editor/clipboard.ts")).copyLastAnswer(at),
  },
  {
    name: "fullscreen",
    about: "Fullscreen, or the terminal's own scrolling",
    run: (_args, at) =>
      at.say("There is no screen to change: this is plain mode", "warning", "pi --tui-mode fullscreen, in a terminal that is not dumb"),
    draw: (_args, at) => at.useScreen(at.screen.kind === "main" ? "alternate" : "main"),
  },
  { name: "quit", about: "Quit", run: (_args, at) => at.quit() },
  {
    name: "settings",
    shell: "pi config",
    about: "Show and change settings",
    argument: "[key]",
    complete: async () => {
      const { settings } = await import("../../../config/settings.ts");
      return settings.map(({ key, description }) => ({ value: key, label: key, description }));
    },
    run: async (args, at) => (await import("./settings.ts")).openSettings(args, at),
  },
  {
    name: "scoped-models",
    about: "Choose the models to cycle through",
    run: async (_args, at) => (await import("../pickers/scoped-models.ts")).openScopedModels(at),
  },
  {
    name: "llama",
    about: "Load, unload and download models of llama.cpp's router",
    run: async (_args, at) => (await import("../pickers/llama-models.ts")).openLlamaModels(at),
  },
  {
    name: "login",
    shell: "pi auth login",
    about: "Sign in to a provider, or store its key",
    argument: "[account]",
    complete: (sessions) => sessions.launch.registry.providers().map((id) => ({ value: id, label: id })),
    run: async (args, at) => (await import("./accounts.ts")).login(args, at),
  },
  {
    name: "logout",
    shell: "pi auth logout",
    about: "Forget what is stored of an account",
    argument: "[account]",
    run: async (args, at) => (await import("./accounts.ts")).logout(args, at),
  },
  {
    name: "trust",
    shell: "pi trust",
    about: "Decide whether the project's own .pi counts",
    run: async (_args, at) => (await import("./trust.ts")).decideTrust(at),
  },
  {
    name: "share",
    about: "Put the session as a page into a secret gist at GitHub",
    run: async (_args, at) => (await import("./hand-out.ts")).share(at),
  },
  {
    name: "bug",
    about: "Write a report of a bug, to be sent by you",
    argument: "[description]",
    run: async (args, at) => (await import("./hand-out.ts")).reportBug(args, at),
  },
  {
    name: "debug",
    about: "Write what the screen and the model hold to a file",
    run: async (_args, at) => (await import("./hand-out.ts")).writeDebugLog(at),
  },
  {
    name: "mcp",
    about: "Servers of the Model Context Protocol",
    run: (_args, at) => at.say("pi has no MCP servers yet", "warning", "An extension can bring a tool: docs/extensions.md"),
  },
  {
    name: "changelog",
    about: "Show what has changed in pi",
    run: async (_args, at) => {
      const { readAsset } = await import("../../../platform/assets.ts");
      // Of the newest version.
      const [, newest = ""] = readAsset("changelog.md").split(/^## /m);
      at.show("Changelog", newest);
    },
  },
  key("app.model.cycleForward", async (_args, at) => {
    const changed = await call("cycle_model", {}, at);
    at.hint(changed === null ? "There is no other model" : `Model: ${changed.model.provider}/${changed.model.id}`);
  }),
  key("app.model.cycleBackward", async (_args, at) => {
    const { cycleModel } = await import("../../../harness/models/usable-model.ts");
    const changed = await cycleModel(at.sessions.models, -1);
    at.hint(changed === null ? "There is no other model" : `Model: ${changed.model.provider}/${changed.model.id}`);
  }),
  key("app.thinking.cycle", async (_args, at) => {
    const changed = await call("cycle_thinking_level", {}, at);
    at.hint(changed === null ? "This model has no other thinking level" : `Thinking: ${changed.level}`);
  }),
  key("app.history.search", async (_args, at) => (await import("../pickers/history-search.ts")).openHistorySearch(at)),
];
