// What other agents, the npm agent among them, call a command, and what does that here. Called by meant-words. A command of ours goes before its
// namesake. Invariant: none is a word that somebody is likely to begin a prompt with: what can be asked for in one word (review, commit, fix) is
// in no row.

import { isSlipOf } from "../contracts/nearest.ts";

const packages = "pi install SOURCE brings a package, pi remove SOURCE takes it away, pi list shows them";
const account = "pi auth login, logout and status are about accounts; pi models --providers says which variable holds whose key";
const newer = "pi models refresh fetches new models; a new pi takes the place of the old file";

/** What it does here; names for which near misses are told, too; names of few letters, of which only slips of the fingers are. */
const rows: readonly (readonly [meaning: string, names: string, short?: string])[] = [
  [packages, "install remove uninstall plugin package"],
  ["pi sessions list shows conversations, pi models what can be asked", "list"],
  [newer, "update upgrade self-update update-providers"],
  [
    account,
    "login logout sign-in signout sign-out account subscription setup-token providers connections billing",
    "signin signup whoami keys",
  ],
  ["pi starts no MCP servers", "mcp mcp-server"],
  ["pi -c goes on with the last session, pi --session ID with another, pi -r with one picked from a list", "resume"],
  ['Write the prompt by itself: pi -p "…"', "run exec", "chat ask query prompt task"],
  ["pi config check reads the configuration, pi inspect shows what a run would be", "doctor"],
  ["pi auth status shows accounts, pi inspect what a run would be, pi sessions list conversations", "", "status"],
  [
    "pi config shows and changes settings, pi inspect says where each comes from",
    "configure configuration settings permissions features preferences telemetry",
  ],
  [
    "pi sessions list shows conversations, pi -c goes on with the last, pi -r with one picked from a list",
    "history conversations create-chat projects list-sessions",
    "thread threads chats ls ps",
  ],
  ["pi sessions export REF writes a page, Markdown or a session file, pi sessions import FILE brings one in", "", "export import"],
  ["pi --fork ID goes on in a copy, pi sessions fork makes one", "", "fork"],
  ["pi sessions diff shows what a session has changed in files, pi undo puts it back", "", "diff"],
  ["pi sessions stats adds up tokens and cost", "", "stats usage cost"],
  [
    "pi undo puts back what a run has changed in files, pi undo --redo takes that back, pi sessions diff shows it",
    "rollback checkpoint",
    "redo rewind",
  ],
  ["PI_LOG=debug in the environment says what is done; pi sessions show reads a conversation", "", "logs"],
  ["pi models shows what can be asked", "list-models"],
  [
    "pi inspect shows tools, skills, prompt templates and context files that a run would have",
    "templates recipes list-tools",
    "tools skills hooks agent recipe memory",
  ],
  ["Programs speak to pi --mode rpc; people at a terminal start pi alone", "app-server", "serve server web acp tui attach"],
  ["pi completions bash|zsh|fish prints a script for the shell", "install-shell-integration"],
  ["Start pi alone for the terminal, and leave it with Ctrl-D", "", "exit quit"],
  ["Start pi alone, and type it there with a slash in front", "changelog release-notes feedback terminal-setup", "bug theme compact clear"],
];

const namesIn = (names = ""): string[] => names.split(" ").filter((name) => name !== "");

export const commandsElsewhere: Readonly<Record<string, string>> = Object.fromEntries(
  rows.flatMap(([meaning, ...names]) => names.flatMap(namesIn).map((name) => [name, meaning] as const)),
);

const shortNames = new Set(rows.flatMap(([, , short]) => namesIn(short)));

/** Of a short name another letter makes another word: a near miss is a swap of neighbours, a key hit twice or not at all twice, an `s` more or less. */
export function isMissOf(word: string, name: string): boolean {
  if (!isSlipOf(word, name)) return false;
  const sorted = (text: string): string => [...text].sort().join("");
  const squeezed = (text: string): string => text.replace(/(.)\1+/gu, "$1");
  const isPlural = word === `${name}s` || `${word}s` === name;
  return !shortNames.has(name) || isPlural || sorted(word) === sorted(name) || squeezed(word) === squeezed(name);
}
