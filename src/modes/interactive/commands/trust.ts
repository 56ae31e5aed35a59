// Whether the project's own `.pi` counts: what it holds, what was decided, and another decision. Run by /trust. Invariant: the decision is for the starts to
// come and for /reload; nothing of the project is read before it.

import { dirname } from "node:path";
import { findProject, findProjectDirectory, saveDecision, savedDecisions } from "../../../config/trust.ts";
import type { CommandHost } from "../surface.ts";

export async function decideTrust(at: CommandHost): Promise<void> {
  const { cwd, agentDir } = at.sessions.launch.options;
  const directory = dirname(findProjectDirectory(cwd));
  const project = findProject(cwd);
  const holds = project === undefined ? "There is no .pi in it yet" : `${project.dir} holds ${project.contents.join(", ")}`;
  const before = savedDecisions(agentDir).get(directory);
  const was = before === undefined ? "Nothing was decided" : before ? "It is trusted" : "It is refused";
  const trust = "Trust it, from now on";
  const refuse = "Do not trust it";
  const answer = await at.dialogs.select(`${directory}\n${holds}. ${was}.`, [trust, refuse]);
  if (answer === undefined) return;
  const path = await saveDecision(directory, answer === trust, agentDir, true);
  at.say(`${path} is ${answer === trust ? "trusted" : "not trusted"}`, "info", "/reload brings it into force");
}
