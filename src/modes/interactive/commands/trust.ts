// Whether what a project brings for pi counts: what it holds, what was decided, and another decision. Asked by /trust, and of its own where nothing was
// decided. Invariant: nothing of the project is read before it; whoever types instead of choosing writes into the editor, and has decided nothing.

import { dirname } from "node:path";
import { findProjectDirectory, findProject as projectAt, saveDecision, savedDecisions } from "../../../config/trust.ts";
import type { PickerItem } from "../pickers/picker.ts";
import type { CommandHost } from "../surface.ts";
import { bringIntoForce } from "./keep-setting.ts";

interface Answer {
  label: string;
  isTrusted: boolean;
  /** Of that directory; without one it holds as long as the process lives. */
  keptFor?: string;
}

function answersFor(directory: string): readonly Answer[] {
  const above = dirname(directory);
  return [
    { label: "Trust it, from now on", isTrusted: true, keptFor: directory },
    ...(above === directory ? [] : [{ label: `Trust all that lies in ${above}`, isTrusted: true, keptFor: above }]),
    { label: "Trust it this time", isTrusted: true },
    { label: "Do not trust it", isTrusted: false, keptFor: directory },
  ];
}

/** Run by /trust. */
export async function decideTrust(at: CommandHost): Promise<void> {
  const { cwd, agentDir } = at.sessions.launch.options;
  const directory = at.sessions.launch.config.project.root ?? dirname(findProjectDirectory(cwd));
  const project = projectAt(cwd);
  const holds = project === undefined ? "There is no .pi in it yet" : `${project.dir} holds ${project.contents.join(", ")}`;
  const before = savedDecisions(agentDir).get(directory);
  const was = before === undefined ? "Nothing was decided" : before ? "It is trusted" : "It is refused";
  const answers = answersFor(directory);
  const label = await at.dialogs.select(
    `${directory}\n${holds}. ${was}.`,
    answers.map((one) => one.label),
  );
  const answer = answers.find((one) => one.label === label);
  if (answer !== undefined) await take(answer, directory, at);
}

/** Resolves once it is answered, or left. */
export function offerTrust(at: CommandHost): Promise<void> {
  const { root = "", skipped } = at.sessions.launch.config.project;
  const answers = answersFor(root);
  return new Promise((resolve, reject) => {
    at.choose({
      title: `Is the project in ${root} trusted?\nIt brings ${skipped.join(", ")}: with your trust they decide what pi does, and may run programs.`,
      items: answers.map(({ label }): PickerItem => ({ value: label, label })),
      hint: `${at.keys.keyOf("tui.select.cancel")}: not now · /trust comes back to it`,
      hasFilter: false,
      isOffered: true,
      isLeftByTyping: true,
      cancelled: resolve,
      take: (label) => take(answers.find((one) => one.label === label) as Answer, root, at).then(resolve, reject),
    });
  });
}

async function take({ isTrusted, keptFor }: Answer, directory: string, at: CommandHost): Promise<void> {
  const { agentDir } = at.sessions.launch.options;
  if (keptFor === undefined) at.approve(directory, isTrusted);
  else await saveDecision(keptFor, isTrusted, agentDir, true);
  const told = `${keptFor ?? directory} is ${isTrusted ? "trusted" : "not trusted"}`;
  if (!(await bringIntoForce(told, at))) return;
  at.say(told);
  await takeStart(at);
}

/** Where nothing was said yet the project has its say in how the conversation starts. */
async function takeStart(at: CommandHost): Promise<void> {
  const { coding, launch } = at.sessions;
  const { config, options } = launch;
  if (coding.conversation.messages.some(({ role }) => role === "user")) return;
  const isProjects = (key: string): boolean => config.origin(key).kind === "project";
  if (options.model === undefined && isProjects("model")) await at.runChosen("model", config.values.model ?? "");
  if (options.thinking === undefined && isProjects("thinking")) await at.runChosen("thinking", config.values.thinking);
}
