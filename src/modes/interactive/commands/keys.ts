// What keys do that stand for no typed command. Each has the id of its action for a name; none is offered by the completion.

import { call } from "./call.ts";
import type { SlashCommand } from "./slash-command.ts";

const key = (name: string, run: SlashCommand["run"]): SlashCommand => ({ name, about: "", when: "always", run });

export const keyCommands: readonly SlashCommand[] = [
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
