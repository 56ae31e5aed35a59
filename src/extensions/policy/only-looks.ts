// Whether a shell line only looks: each of its commands is one that is known to change no file. Called by who would else compare a folder before
// and after the line. Pure. Invariant: what is not known for certain does not only look.

import type { Env } from "../../platform/paths.ts";
import { readShellLine } from "./shell-line.ts";

/** What may stand behind a program's name; `undefined`: anything, computed words too. Programs take long options by any beginning that is theirs alone. */
type Takes = ((words: readonly string[]) => boolean) | undefined;

const without =
  (forbidden: RegExp): Takes =>
  (words) =>
    !words.some((word) => forbidden.test(word));

/** One operand at most: the second is a file that is written. `-` is one, and so is whatever stands behind `--`. */
const oneOperand: Takes = (words) => {
  const end = words.indexOf("--");
  const [before, behind] = end < 0 ? [words, []] : [words.slice(0, end), words.slice(end + 1)];
  return before.filter((word) => word === "-" || !word.startsWith("-")).length + behind.length <= 1;
};

const lines = /^(?:\d+|\$)(?:,(?:\d+|\$))?p$/;

/** `sed -n '1,20p;$p'` and nothing that sed can write with. */
const printsLines: Takes = ([option, script = "", ...files]) =>
  option === "-n" && script.split(";").every((part) => lines.test(part.trim())) && files.every((file) => !file.startsWith("-"));

const gitLooks: Readonly<Record<string, Takes>> = {
  status: undefined,
  log: without(/^--out/),
  diff: without(/^--out/),
  show: without(/^--out/),
  "diff-tree": without(/^--out/),
  blame: undefined,
  describe: undefined,
  shortlog: without(/^--out/),
  "ls-files": undefined,
  "ls-tree": undefined,
  "rev-parse": undefined,
  "rev-list": undefined,
  "cat-file": undefined,
  "merge-base": undefined,
  "name-rev": undefined,
  "for-each-ref": undefined,
  "show-ref": undefined,
  grep: without(/^(?:-[a-zA-Z]*O|--op)/),
  branch: (words) => words.every((word) => /^(?:-a|-r|-v|-vv|-l|--all|--list|--remotes|--verbose|--show-current)$/.test(word)),
  remote: (words) => {
    const verb = words.find((word) => word !== "-v" && word !== "--verbose");
    return verb === undefined || verb === "show" || verb === "get-url";
  },
  stash: ([verb]) => verb === "list" || verb === "show",
};

const git: Takes = (words) => {
  const at = words.findIndex((word) => word !== "--no-pager" && word !== "-P");
  const takes = gitLooks[words[at] ?? ""];
  return Object.hasOwn(gitLooks, words[at] ?? "") && (takes === undefined || takes(words.slice(at + 1)));
};

const looking: ReadonlyMap<string, Takes> = new Map<string, Takes>([
  ...(
    "basename cat cd cmp comm cut df diff dirname du echo egrep exit expr false fgrep fold free getconf grep groups head hostname id jq " +
    "locale ls md5sum nl nproc od paste printenv printf ps pwd readlink realpath rev seq sha1sum sha256sum sleep stat strings tac " +
    "tail test tr true type uname uptime wc which whoami zcat zgrep : ["
  )
    .split(" ")
    .map((name): [string, Takes] => [name, undefined]),
  ["file", without(/^(?:-[a-zA-Z]*C|--co)/)],
  ["find", without(/^-(?:delete|exec|execdir|ok|okdir|fls|fprint.*)$/)],
  ["fd", without(/^(?:-[a-zA-Z]*[xX]|--exec.*)/)],
  ["git", git],
  ["rg", without(/^(?:--pre|--hostname-bin)/)],
  ["sed", printsLines],
  ["sort", without(/^(?:-[a-zA-Z]*[oT]|--(?:o|t|co))/)],
  ["tree", without(/^(?:-[a-zA-Z]*[oR]|--o)/)],
  ["uniq", oneOperand],
]);

/** `env`: of the shell that runs the line. `root`: programs below it may be called as they like. */
export function onlyLooks(line: string, env: Env, root: string): boolean {
  if (!knowsPrograms(env, root)) return false;
  const { commands, isAnything } = readShellLine(line);
  return !isAnything && commands.length > 0 && commands.every(({ words, isPlain }) => isPlain && looks(words));
}

/** Whether the beginning of a line, cut anywhere, can no more become one that only looks. */
export function changesAlready(beginning: string): boolean {
  const whole = /^[\s\S]*\s/.exec(beginning)?.[0] ?? "";
  const { commands } = readShellLine(whole);
  return commands.some(({ words: [first], isPlain }) => !isPlain || (first !== undefined && !first.isComputed && !isLooking(first.text)));
}

function isLooking(program: string): boolean {
  return looking.has(program.replace(/^\/(?:usr\/)?bin\//, ""));
}

function looks([first, ...rest]: readonly { text: string; isComputed: boolean }[]): boolean {
  if (first === undefined || first.isComputed) return false;
  const name = first.text.replace(/^\/(?:usr\/)?bin\//, "");
  const takes = looking.get(name);
  if (!looking.has(name)) return false;
  return takes === undefined || (rest.every((word) => !word.isComputed) && takes(rest.map((word) => word.text)));
}

/** A name is that of the program everybody means: no function or folder of somebody else comes first. */
function knowsPrograms(env: Env, root: string): boolean {
  if (env.BASH_ENV !== undefined || Object.keys(env).some((name) => name.startsWith("BASH_FUNC_"))) return false;
  return (env.PATH ?? "").split(":").every((entry) => entry.startsWith("/") && entry !== root && !entry.startsWith(`${root}/`));
}
