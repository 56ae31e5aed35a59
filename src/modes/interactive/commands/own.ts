// Commands that only a screen has, and keys that stand for no typed command. Read by the interaction and the completion.

import { appKeys } from "../keymap.ts";
import { call } from "./call.ts";
import type { ScreenCommand } from "./slash-command.ts";

const key = (name: string, run: ScreenCommand["run"]): ScreenCommand => ({ name, about: "", run });

export const screenCommands: readonly ScreenCommand[] = [
  {
    name: "hotkeys",
    about: "Show the keys",
    run: (_args, at) => {
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
    run: (_args, at) => at.useScreen(at.screen.kind === "main" ? "alternate" : "main"),
  },
  { name: "quit", about: "Quit", run: (_args, at) => at.quit() },
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
