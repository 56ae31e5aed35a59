// Words of a command line that are none of ours: what other agents call it, or what was mistyped, and what does that here. Called by
// options.ts and main.ts where one was said. Invariant: a word is told of with certainty or not at all; nothing is guessed by letters alone
// that would do more than what was said.

import { PiError } from "../contracts/error.ts";
import { isSlipOf, nearestName } from "../contracts/nearest.ts";
import type { CommandRecord } from "./command-record.ts";
import { commandsElsewhere, isMissOf } from "./commands-elsewhere.ts";
import { type OptionRecord, optionTable, recordOf, type Said, typographicDash } from "./options.ts";

const noQuestions = "There is nothing to skip: tools run without asking. --tools read,grep,find,ls lets it only look";
const noSandbox = "There is no sandbox: start pi in a container, or give it --tools read,grep,find,ls";

/** Options of other agents, and what is meant by them here. */
export const optionsElsewhere: Readonly<Record<string, string>> = {
  "--output-format": "That is --mode text or --mode json",
  "--input-format": "Programs send their prompts to --mode rpc",
  "--include-partial-messages": "--mode json has every piece of an answer",
  "--output-last-message": "That is -o FILE",
  "--silent": "That is --quiet",
  "--debug": "That is PI_LOG=debug in the environment; --verbose shows the causes of errors",
  "-d": "PI_LOG=debug in the environment says what is done; --cwd is -C",
  "--print-logs": "That is PI_LOG=debug in the environment",
  "--color": "Colours are on where there is a terminal; FORCE_COLOR=1 in the environment keeps them elsewhere",
  "--no-color": "That is NO_COLOR=1 in the environment",
  "--no-colors": "That is NO_COLOR=1 in the environment",
  "--last": "-c goes on with this folder's last session",
  "--resume-last": "-c goes on with this folder's last session",
  "--fork-session": "That is --fork PATH|ID",
  "--no-session-persistence": "That is --no-session",
  "--ephemeral": "That is --no-session",
  "--list-sessions": "That is pi sessions list",
  "--session-name": "That is --name NAME",
  "--prompt": 'Write the prompt by itself: pi -p "…"',
  "--prompt-interactive": 'Write the prompt by itself: pi -p "…"',
  "--query": 'Write the prompt by itself: pi -p "…"',
  "--message": 'Write the prompt by itself: pi -p "…"',
  "--system": "That is --system-prompt TEXT|FILE",
  "--system-prompt-file": "--system-prompt takes a file, too",
  "--append-system-prompt-file": "--append-system-prompt takes a file, too",
  "--image": "@FILE puts a picture into the prompt",
  "--file": "@FILE puts a file into the prompt",
  "--attach": "@FILE puts a file into the prompt",
  "-i": "@FILE puts a picture into the prompt",
  "-f": "@FILE puts a file into the prompt",
  "--effort": "That is --thinking LEVEL",
  "--reasoning": "That is --thinking LEVEL",
  "--reasoning-effort": "That is --thinking LEVEL",
  "--oss": "--model ollama/NAME asks a model on your own machine",
  "--allowedTools": "That is --tools LIST",
  "--allowed-tools": "That is --tools LIST",
  "--allow-tool": "That is --tools LIST",
  "--disallowedTools": "That is --exclude-tools LIST",
  "--disallowed-tools": "That is --exclude-tools LIST",
  "--deny-tool": "That is --exclude-tools LIST",
  "--dangerously-skip-permissions": noQuestions,
  "--allow-dangerously-skip-permissions": noQuestions,
  "--dangerously-bypass-approvals-and-sandbox": noQuestions,
  "--allow-all-tools": noQuestions,
  "--approval-mode": noQuestions,
  "--ask-for-approval": noQuestions,
  "--auto-approve": noQuestions,
  "--full-auto": noQuestions,
  "--yolo": noQuestions,
  "--yes": noQuestions,
  "--yes-always": noQuestions,
  "-y": noQuestions,
  "--sandbox": noSandbox,
  "-s": noSandbox,
  "--add-dir": "Leave it out: tools reach every folder that you do",
  "--include-directories": "Leave it out: tools reach every folder that you do",
  "--skip-git-repo-check": "Leave it out: no repository is needed",
  "--cd": "That is -C DIR",
  "--dir": "That is -C DIR",
  "--directory": "That is -C DIR",
  "--workdir": "That is -C DIR",
  "--working-dir": "That is -C DIR",
  "--max-budget-usd": "That is --max-cost USD",
  "--config": "That is --set KEY=VALUE; pi config shows and changes settings",
  "--settings": "That is --set KEY=VALUE; pi config shows and changes settings",
  "--profile": "PI_CODING_AGENT_DIR in the environment names another agent directory",
  "--mcp-config": "pi starts no MCP servers",
  "--strict-mcp-config": "pi starts no MCP servers",
  "--temperature": "Leave it out: each model is asked as its service advises",
  "--stream": "Leave it out: a terminal has the answer as it comes, and so has --mode json",
  "--no-stream": "Leave it out: a pipe has the answer when it is whole",
  "--dry-run": "pi inspect shows what a run would be; pi undo puts back what one has changed",
  "--json-schema": "That is --output-schema FILE",
  "--format": "That is --mode text or --mode json",
  "--stream-json": "That is --mode json",
  "--non-interactive": "That is -p",
  "--no-interactive": "That is -p",
  "--headless": "That is -p",
  "--execute": "That is -p",
  "-x": "That is -p",
  "--interactive": "Leave it out: without -p a terminal opens one",
  "--output-file": "That is -o FILE",
  "--log-level": "That is PI_LOG=debug in the environment",
  "--continue-last": "-c goes on with this folder's last session",
  "--new": "Leave it out: a run begins a new session, and -c goes on with the last",
  "--title": "That is --name NAME",
  "--history": "That is pi sessions list",
  "--delete-session": "That is pi sessions rm ID",
  "--prompt-file": "@FILE puts a file into the prompt",
  "--message-file": "@FILE puts a file into the prompt",
  "--instructions": "@FILE puts a file into the prompt; --append-system-prompt adds to the system prompt",
  "--read": "@FILE puts a file into the prompt",
  "--context": "@FILE puts a file into the prompt",
  "--stdin": "Leave it out: what is piped in comes first in the prompt",
  "--variant": "That is --thinking LEVEL",
  "--think": "That is --thinking LEVEL",
  "--max-thinking-tokens": "That is --thinking LEVEL",
  "--model-provider": "That is --provider NAME",
  "--openai-api-key": "That is --api-key KEY; pi models --providers says which variable holds whose key",
  "--anthropic-api-key": "That is --api-key KEY; pi models --providers says which variable holds whose key",
  "--base-url": "pi config set providers.NAME.base_url ADDRESS, or the variable that pi --help names",
  "--skip-permissions": noQuestions,
  "--dangerously-allow-all": noQuestions,
  "--allow-all": noQuestions,
  "--allow-all-paths": noQuestions,
  "--allow-all-urls": noQuestions,
  "--no-ask-user": noQuestions,
  "--auto": noQuestions,
  "--plan": "--permission-mode plan lets it only look",
  "--architect": "--permission-mode plan lets it only look",
  "--workspace": "That is -C DIR",
  "--budget": "That is --max-cost USD",
  "--cost-limit": "That is --max-cost USD",
  "--turns": "That is --max-turns N",
  "--max-steps": "That is --max-turns N",
  "--max-iterations": "That is --max-turns N",
  "--plugin-dir": "That is --extension PATH",
  "--with-extension": "That is --extension PATH",
  "--additional-mcp-config": "pi starts no MCP servers",
  "--screen-reader": "That is --tui-mode plain",
  "--fullscreen": "That is --tui-mode fullscreen",
  "--dark-mode": "That is --use-theme dark",
  "--acp": "Programs speak to --mode rpc",
  "--experimental-acp": "Programs speak to --mode rpc",
  "--watch-files": "Leave it out: files are read when they are needed",
  "--auto-commits": "Leave it out: nothing is committed unless it is asked for; pi undo puts files back",
  "--no-auto-commits": "Leave it out: nothing is committed unless it is asked for; pi undo puts files back",
};

const behindDashes = "a message that starts with a dash goes behind --";

/** With what is meant. `flags`: those that extensions have. */
export function unknownOption(option: string, flags: readonly string[] = []): PiError {
  return new PiError("usage.unknown_option", `Unknown option: ${option}`, { hint: optionHint(option, flags) });
}

function optionHint(option: string, flags: readonly string[]): string {
  if (/\s/.test(option)) return `It is one argument; write ${option.trim()} without the quotes around it`;
  const hyphens = option.replace(typographicDash, "--");
  if (hyphens !== option) return `It begins with a dash of typography; write ${recordOf(hyphens)?.name ?? "hyphens"}`;
  if (Object.hasOwn(optionsElsewhere, option)) return optionsElsewhere[option] ?? "";
  // Whoever did not say no must not be led to an option that leaves something out.
  const near = nearestName(
    option,
    [...(optionTable as readonly OptionRecord[]).map((one) => one.name), ...flags].filter(
      (name) => isSlipOf(option, name) && name.startsWith("--no-") === option.startsWith("--no-"),
    ),
  );
  if (near !== undefined) return `Did you mean ${near}? ${behindDashes.replace("a", "A")}`;
  const slip = Object.keys(optionsElsewhere).find((name) => name.startsWith("--") && isSlipOf(option, name));
  return slip === undefined ? `pi --help lists the options; ${behindDashes}` : `If it is to be ${slip}: ${optionsElsewhere[slip]}`;
}

/** The first word is, or nearly is, a command: a prompt of one such word is more likely a mistake, and it would cost money. */
export function refuseCommandWord(said: Said, commands: readonly CommandRecord[]): void {
  // What stands behind an option that only an extension can know may be its value.
  const [first, ...more] = said.operands.filter((_, index) => !said.unknown.some(({ operandIndex }) => operandIndex === index));
  if (first === undefined || first.isLiteral || !/^\p{L}[\p{L}\d_:-]*$/u.test(first.text)) return;
  const word = first.text.toLowerCase();
  const own = commands.map(({ name }) => name);
  const prompt = [first.text, ...more.map(({ text }) => text)].join(" ");
  const asPrompt = `As a prompt: pi -p ${prompt.includes(" ") ? JSON.stringify(prompt) : prompt}`;
  const ours = (meant: string): PiError =>
    new PiError("usage.command", `${first.text} is no command. Did you mean pi ${meant}?`, { hint: asPrompt });
  // Two words written as one: `auth-login`, `sessions:list`.
  const [, head = "", tail = ""] = /^(\p{L}+)[_:-](.+)$/u.exec(word) ?? [];
  if (own.includes(head) && !Object.hasOwn(commandsElsewhere, word)) throw ours(`${head} ${tail}`);
  const foreign = Object.keys(commandsElsewhere).filter((name) => !own.includes(name));
  const meant =
    [...own, ...foreign].find((name) => name === word) ??
    own.find((name) => isSlipOf(word, name)) ??
    foreign.find((name) => isMissOf(word, name));
  if (meant === undefined) return;
  if (own.includes(meant)) throw ours(meant);
  const name = word === meant ? `pi ${meant}` : `${first.text} (or pi ${meant})`;
  throw new PiError("usage.command", `${name} is no command of this program`, { hint: `${commandsElsewhere[meant]}. ${asPrompt}` });
}

/** `/compact`, where no screen is that knows it: a prompt of it would say nothing to a model. */
export async function refuseScreenCommand(said: Said): Promise<void> {
  const [first] = said.operands;
  const name = first?.isLiteral === false ? /^\/([a-z][a-z-]*)$/.exec(first.text)?.[1] : undefined;
  if (name === undefined) return;
  const [{ offeredCommands }, { screenCommands }] = await Promise.all([
    import("../modes/interactive/commands/commands.ts"),
    import("../modes/interactive/commands/own.ts"),
  ]);
  if (!offeredCommands().some((command) => command.name === name)) return;
  const shell = screenCommands.find((command) => command.name === name)?.shell;
  const inShell = shell === undefined ? "" : `In the shell: ${shell}. `;
  throw new PiError("usage.command", `/${name} is typed in the terminal that pi alone opens, and here is none`, {
    hint: `${inShell}As a prompt: pi -p /${name}`,
  });
}
