// All slash commands of the screen: what sessions can do, with the screen's side of it, and what only a screen has. Templates, skills and commands of
// extensions stand behind them. Used by the interaction and the completion. Invariant: no name is there twice.

import { PiError } from "../../../contracts/error.ts";
import { type SlashCommand, slashCommandsByName, takesNone, typedCommand } from "../../../harness/commands/slash.ts";
import type { SessionHost } from "../../../harness/host/session-host.ts";
import type { CommandHost } from "../surface.ts";
import { commandFaces } from "./faces.ts";
import { screenCommands } from "./own.ts";
import type { CommandFace, Completion } from "./slash-command.ts";

export interface OfferedCommand {
  name: string;
  about: string;
  argument: string;
  complete?(sessions: SessionHost): Completion[] | Promise<Completion[]>;
}

/** In the order of their names. */
export function offeredCommands(): OfferedCommand[] {
  const ofSessions = [...slashCommandsByName().values()].map(({ slash }: SlashCommand): OfferedCommand => {
    const complete = commandFaces[slash.name]?.complete;
    return { name: slash.name, about: slash.about, argument: slash.argument ?? "", ...(complete && { complete }) };
  });
  const own = screenCommands.flatMap(({ name, about, argument = "", complete }) =>
    about === "" ? [] : { name, about, argument, ...(complete && { complete }) },
  );
  return [...ofSessions, ...own].sort((one, other) => (one.name < other.name ? -1 : 1));
}

/** Whether there was one of that name. */
export async function runSlash(name: string, args: string, at: CommandHost): Promise<boolean> {
  const own = screenCommands.find((one) => one.name === name);
  if (own !== undefined) {
    if (own.argument === undefined && args !== "") throw takesNone(name, args);
    if (at.surface !== undefined && own.draw !== undefined) await own.draw(args, at.surface);
    else if (own.run !== undefined) await own.run(args, at);
    else at.say(`/${name} needs a screen`, "warning", own.shell === undefined ? "" : `In the shell: ${own.shell}`);
    return true;
  }
  const typed = typedCommand(`/${name} ${args}`, at.sessions.launch.options.cwd);
  if (typed === undefined) return false;
  const face = commandFaces[name];
  if (face?.needsRest === true) requireRest(name, at);
  if (typed.params === undefined) await face?.ask?.(at, typed.argument);
  else {
    const result = await resultOf(typed.command, typed.params, face, at);
    if (result !== null) await face?.told?.(result, at);
  }
  return true;
}

function requireRest(name: string, { sessions: { coding }, keys }: CommandHost): void {
  if (!coding.isStreaming && !coding.compaction.isRunning) return;
  const what = coding.isStreaming ? "the run" : "the compaction";
  const stop = keys.keyOf("app.interrupt") || "/stop";
  throw new PiError("session.busy_run", `/${name} would stop ${what} that goes on`, { hint: `Wait for its end, or stop it (${stop})` });
}

async function resultOf(
  command: SlashCommand,
  params: Record<string, unknown>,
  face: CommandFace | undefined,
  at: CommandHost,
): Promise<unknown> {
  try {
    return await command.run(params as never, at);
  } catch (error) {
    const result = await face?.refused?.(error, params, at);
    if (result === undefined) throw error;
    return result;
  }
}
