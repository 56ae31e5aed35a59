// A typed command carried out: one of the screen's or of the session's, else a template, a skill or an extension's, which goes in as words. Called by the
// interaction and the mode without a screen. Invariant: what fails is told, and stands in the editor again, unless the user
// has called it off, or writes something else by now.

import { perform } from "../effects.ts";
import { isCalledOff } from "../error-words.ts";
import type { CommandHost } from "../surface.ts";
import type { KnownCommands } from "./known-commands.ts";

export async function runCommand(name: string, args: string, at: CommandHost, known: KnownCommands): Promise<void> {
  if (name === "unknown") return tellUnknown(args, at, known);
  const text = `/${name}${args === "" ? "" : ` ${args}`}`;
  try {
    const { runSlash } = await import("./commands.ts");
    if (await runSlash(name, args, at)) return;
    if (!(await known.has(name))) {
      // Typed before the names were known: nobody has doubted it yet.
      at.composer.giveBack(text);
      return tellUnknown(name, at, known);
    }
    await perform({ type: "send", text, behavior: at.sessions.coding.isStreaming ? "steer" : undefined }, at);
  } catch (error) {
    at.fail(error);
    if (!isCalledOff(error)) at.composer.returnCommand(text);
  }
}

async function tellUnknown(name: string, at: CommandHost, known: KnownCommands): Promise<void> {
  const near = await known.nearest(name);
  const again = `${at.keys.keyOf("tui.input.submit") || "the same line"} again sends it as it is`;
  at.say(`There is no command /${name}`, "warning", `${near === undefined ? "/ lists what there is;" : `Did you mean /${near}?`} ${again}`);
}
