// What a shell line may run: each command that the parser finds, and those that wrappers, shells and `eval` make of their words. Called by judge.
// Pure. Invariant: what cannot be known makes the whole line `isAnything`; a command that others run is never plain, so that no allow covers it.

import { parseShell } from "./shell-parser.ts";
import { type FoundCommand, type ParsedLine, type Redirection, Unreadable, type Word } from "./shell-words.ts";

export interface LineCommand {
  words: readonly Word[];
  /** Its words as they stand, run by nobody else, with nothing before it and no file written: an allow may cover it. */
  isPlain: boolean;
}

export interface ShellLine {
  commands: LineCommand[];
  /** It may run what is written nowhere. */
  isAnything: boolean;
  /** Words, targets and what follows `=`, that may name files; `undefined`: a target that is computed. */
  paths: { word: Word | undefined; isTarget: boolean; directories: readonly string[] }[];
}

const shells = new Set(["sh", "bash", "dash", "zsh", "ksh", "mksh", "ash", "rbash", "fish", "posh", "yash"]);

/** How a wrapper's command is found: options with a value of their own, words before the command. */
interface Wrapper {
  /** Letters of short options that take a value, and whole long ones. */
  valued?: string;
  long?: readonly string[];
  /** Words before the command. */
  operands?: number;
  assignments?: boolean;
}

const wrappers: Readonly<Record<string, Wrapper>> = {
  sudo: {
    valued: "CDgHhpRrtTUu",
    long: ["chdir", "chroot", "close-from", "group", "host", "prompt", "role", "type", "user"],
    assignments: true,
  },
  doas: { valued: "Cu" },
  env: { valued: "uCS", long: ["unset", "chdir"], assignments: true },
  nice: { valued: "n", long: ["adjustment"] },
  nohup: {},
  time: { valued: "fo", long: ["format", "output"] },
  timeout: { valued: "ks", long: ["kill-after", "signal"], operands: 1 },
  xargs: {
    valued: "adEILnPs",
    long: ["arg-file", "delimiter", "max-lines", "max-args", "max-procs", "max-chars", "process-slot-var", "replace"],
  },
  command: {},
  builtin: {},
  exec: { valued: "a" },
  stdbuf: { valued: "ioe", long: ["input", "output", "error"] },
  setsid: {},
  ionice: { valued: "cnpPu", long: ["class", "classdata"] },
  chrt: { valued: "TPD", operands: 1 },
  taskset: { operands: 1 },
  chroot: { long: ["groups", "userspec"], operands: 1 },
  unshare: { valued: "RwSG", long: ["root", "wd", "setuid", "setgid"] },
  nsenter: { valued: "tSG", long: ["target", "setuid", "setgid"] },
  setpriv: { long: ["reuid", "regid", "groups", "inh-caps", "ambient-caps", "bounding-set", "securebits", "pdeathsig"] },
  strace: { valued: "abeEIoOpPsSuUX", assignments: true },
  ltrace: { valued: "aADeFlnopsuwx" },
  unbuffer: {},
  caffeinate: { valued: "tw" },
  busybox: {},
  toybox: {},
  flock: { valued: "Ew", long: ["timeout", "wait", "conflict-exit-code"], operands: 1 },
  "systemd-run": { valued: "pEMHtuqC", long: ["unit", "property", "description", "slice", "uid", "gid", "setenv", "working-directory"] },
  runuser: { valued: "ugG" },
  catchsegv: {},
  prlimit: {},
  jobs: {},
};

/** They run what stands behind words of their own, of whatever kind: every word may be where it begins. */
const launchers = new Set(
  (
    "asdf bundle bwrap cgexec choom chpst conda dbus-launch dbus-run-session direnv dumb-init eatmydata fakeroot faketime firejail gdb gosu " +
    "i386 linux32 linux64 mise numactl perf pipenv pkexec poetry proxychains proxychains4 rlwrap run-one setarch softlimit ssh-agent su-exec tini torify " +
    "torsocks tsocks uv valgrind x86_64 xvfb-run"
  ).split(" "),
);

/** They make commands of words in ways of their own, or change what a word means. */
const opaque = new Set([
  "alias",
  "parallel",
  "bind",
  "complete",
  "compgen",
  "fc",
  "enable",
  "mapfile",
  "readarray",
  "watch",
  "script",
  "su",
  "ssh",
  "at",
  "batch",
  "capsh",
  "crontab",
  "entr",
  "expect",
  "hyperfine",
  "run-parts",
  "screen",
  "sg",
  "socat",
  "start-stop-daemon",
  "tmux",
]);

/** A shell reads and runs what these are set to. */
const startUpVariables =
  /^(?:BASH_ENV|ENV|PROMPT_COMMAND|PS[0-4]|SHELLOPTS|BASHOPTS|IFS|BASH_CMDS|BASH_ALIASES|GIT_CONFIG_.*|LD_PRELOAD|LD_AUDIT|BASH_FUNC_.*)$/;

const calculating = new Set(["let", "declare", "typeset", "local", "readonly", "export", "unset", "test", "[", "printf", "read", "wait"]);

const maxCommands = 2000;

export function readShellLine(line: string): ShellLine {
  const shellLine: ShellLine = { commands: [], isAnything: false, paths: [] };
  try {
    addLine(line, shellLine, false, 0);
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    shellLine.isAnything = true;
  }
  return shellLine;
}

function addLine(text: string, into: ShellLine, isWrapped: boolean, depth: number): void {
  if (depth > 8) throw new Unreadable();
  const parsed = parseShell(text);
  if (calculates(parsed) && parsed.hasQuotedSubstitution) into.isAnything = true;
  // `cd` counts for what stands behind it, wherever both stand.
  const directories: string[] = [];
  for (const command of parsed.commands) {
    addPaths(command, into, directories);
    addCommand(command, into, isWrapped, depth);
    const [name, operand] = command.words.filter((word, at) => at === 0 || !word.text.startsWith("-"));
    if (name?.text === "cd" && operand !== undefined && !operand.isComputed) directories.push(operand.text);
  }
}

function calculates({ hasArithmetic, commands }: ParsedLine): boolean {
  return hasArithmetic || commands.some(({ words }) => words.some(({ text }) => calculating.has(text)));
}

function addCommand({ words, assignments, redirections }: FoundCommand, into: ShellLine, isWrapped: boolean, depth: number): void {
  for (const { name, value } of assignments) addVariable(name, value, depth, into);
  const isPlain = !isWrapped && assignments.length === 0 && redirections.every(writesNothing);
  addWords(words, { redirections, isPlain, depth }, into);
}

interface Around {
  redirections: readonly Redirection[];
  isPlain: boolean;
  depth: number;
}

function addWords(words: readonly Word[], around: Around, into: ShellLine): void {
  into.commands.push({ words, isPlain: around.isPlain });
  if (into.commands.length > maxCommands) throw new Unreadable();
  const [first, ...rest] = words;
  if (first === undefined) return;
  if (first.isComputed || first.text === "") {
    into.isAnything = true;
    return;
  }
  const name = programName(first.text);
  if (opaque.has(name) || isHashing(name, rest) || first.text.startsWith("/proc/")) into.isAnything = true;
  if (shells.has(name)) addShell(rest, around, into);
  else if (name === "eval") addText(rest, around, into);
  else if (name === "trap") addTrap(rest, around, into);
  else if (name === "source" || name === ".") {
    if (rest[0] === undefined || rest[0].hasProcess || isStream(rest[0].text)) into.isAnything = true;
  } else if (name === "find" || name === "fd" || name === "fdfind") addFind(rest, around, into);
  else if (name === "git") addGit(rest, around, into);
  else if (setting.has(name)) for (const word of rest) addSetting(word, around.depth, into);
  else if (launchers.has(name) || /^ld[-.\w]*\.so[.\d]*$/.test(name)) addLaunched(rest, around, into);
  else if (Object.hasOwn(wrappers, name)) addWrapped(name, name === "xargs" ? withInput(rest) : rest, around, into);
}

const setting = new Set(["export", "declare", "typeset", "local", "readonly"]);

/** Programs ask these for a command to run. */
const commandVariables =
  /^(?:GIT_(?:ASKPASS|EDITOR|EXTERNAL_DIFF|PAGER|PROXY_COMMAND|SEQUENCE_EDITOR|SSH|SSH_COMMAND)|(?:MAN|SYSTEMD_|)PAGER|EDITOR|VISUAL|FCEDIT|BROWSER|LESSOPEN|LESSCLOSE|(?:SSH|SUDO)_ASKPASS|(?:RSYNC|CVS)_RSH)$/;

function addVariable(name: string, value: Word, depth: number, into: ShellLine): void {
  if (startUpVariables.test(name)) into.isAnything = true;
  else if (commandVariables.test(name)) addCalled(value, depth, into);
}

/** `NAME=value` as a word. */
function addSetting(word: Word, depth: number, into: ShellLine): void {
  const [, name, value] = /^([A-Za-z_][A-Za-z0-9_]*)(?:\[.*\])?\+?=(.*)$/s.exec(word.text) ?? [];
  if (name !== undefined && value !== undefined) addVariable(name, { ...word, text: value }, depth, into);
}

/** A command as text, which whoever runs it gives words of its own. */
function addCalled(text: Word, depth: number, into: ShellLine): void {
  if (text.isComputed) into.isAnything = true;
  else if (text.text.trim() !== "") addLine(`${text.text} "$@"`, into, true, depth + 1);
}

/** Settings of git that are commands; an alias is one of git's own, or of a shell. */
const commandSettings =
  /^(?:alias\..*|pager\..*|.*\.(?:askpass|clean|cmd|command|difffilter|driver|editor|external|fsmonitor|gitproxy|helper|pager|process|program|receivepack|sendmailcmd|smudge|sshcommand|textconv|uploadpack))$/i;

function addGit(words: readonly Word[], { depth }: Around, into: ShellLine): void {
  const add = (key: string, value: Word): void => {
    if (!commandSettings.test(key)) return;
    const text = value.text.startsWith("!") ? value.text.slice(1) : /^alias\./i.test(key) ? `git ${value.text}` : value.text;
    addCalled({ ...value, text }, depth, into);
  };
  for (const [at, word] of words.entries()) {
    const next = words[at + 1];
    if (/^--config-env(?:=|$)/.test(word.text)) into.isAnything = true;
    if (next === undefined) continue;
    const equals = next.text.indexOf("=");
    if (word.text === "-c" && equals > 0) add(next.text.slice(0, equals), { ...next, text: next.text.slice(equals + 1) });
    else if (words.slice(0, at).some(({ text }) => text === "config")) add(word.text, next);
  }
}

function addLaunched(words: readonly Word[], around: Around, into: ShellLine): void {
  // A name of its own (`uv run`), then the command; behind an option, a word may be its value.
  let placesLeft = 2;
  for (const [at, word] of words.entries()) {
    if (word.text.startsWith("-") && !word.isComputed) continue;
    if (!word.isComputed) addWords(words.slice(at), { ...around, isPlain: false }, into);
    else if (placesLeft > 0) into.isAnything = true;
    const before = words[at - 1]?.text ?? "";
    if (!before.startsWith("-") || before === "--") placesLeft--;
  }
}

/** What xargs reads stands behind its words, or in the place of a name in them. */
function withInput(words: readonly Word[]): Word[] {
  const at = words.findIndex(({ text }) => /^(?:-[a-zA-Z0-9]*[Ii]|--replace(?:=|$))/.test(text));
  const option = words[at]?.text ?? "";
  const glued = option.replace(/^(?:-[a-zA-Z0-9]*?[Ii]|--replace=?)/, "");
  const name = glued !== "" ? glued : /I$/.test(option) ? (words[at + 1]?.text ?? "") : "{}";
  const read: Word = { text: "", isComputed: true, isPattern: false, isQuoted: true, hasProcess: false };
  if (at < 0) return [...words, read];
  return words.map((word, place) => (place > at + 1 && name !== "" && word.text.includes(name) ? { ...word, isComputed: true } : word));
}

/** `hash -p` gives a program another name. */
function isHashing(name: string, rest: readonly Word[]): boolean {
  return name === "hash" && rest.some((word) => word.isComputed || /^-[a-z]*p/.test(word.text));
}

export function programName(text: string): string {
  return text.slice(text.lastIndexOf("/") + 1);
}

function isStream(text: string): boolean {
  return text === "-" || /^\/(?:dev\/(?:stdin|fd\/)|proc\/)/.test(text);
}

function addText(words: readonly Word[], { depth }: Around, into: ShellLine): void {
  const from = words[0]?.text === "--" ? words.slice(1) : words;
  if (from.some((word) => word.isComputed)) into.isAnything = true;
  else addLine(from.map((word) => word.text).join(" "), into, true, depth + 1);
}

function addTrap(words: readonly Word[], around: Around, into: ShellLine): void {
  const [text] = words.filter((word) => word.isComputed || !/^-[a-z-]*$/.test(word.text));
  if (text !== undefined && words.length > 1) addText([text], around, into);
}

/** `sh -c TEXT`, text on its standard input, or a script file, which is not looked at. */
function addShell(words: readonly Word[], around: Around, into: ShellLine): void {
  let hasText = false;
  let readsInput = false;
  for (let at = 0; at < words.length; at++) {
    const word = words[at];
    if (word === undefined || word.isComputed) {
      into.isAnything = true;
      return;
    }
    const { text } = word;
    if (text === "--" || text === "-" || !/^[-+]./.test(text)) {
      const operand = text === "--" || text === "-" ? words[at + 1] : word;
      if (hasText) {
        if (operand !== undefined) addText([{ ...operand, text: operand.text }], around, into);
        return;
      }
      if (operand === undefined) break;
      if (operand.isComputed || operand.hasProcess) into.isAnything = true;
      if (!readsInput && !isStream(operand.text)) return;
      break;
    }
    if (/^--(?:rcfile|init-file)$/.test(text)) {
      const file = words[++at];
      if (file === undefined || file.isComputed || file.hasProcess || isStream(file.text)) into.isAnything = true;
    } else if (/^--?(?:init-file|rcfile)=/.test(text)) into.isAnything = true;
    else if (!text.startsWith("--")) {
      if (text.startsWith("-") && text.includes("c")) hasText = true;
      if (text.includes("s")) readsInput = true;
      if (/[oO]/.test(text)) at++;
    }
  }
  if (hasText) return;
  addInput(around, into);
}

/** What a shell reads: a here-document or here-string that is written out is its text. */
function addInput({ redirections, depth }: Around, into: ShellLine): void {
  const inputs = redirections.filter(({ operator }) => operator.startsWith("<"));
  const [input] = inputs;
  const text = input?.operator === "<<<" ? { ...input.target } : input?.body;
  if (inputs.length !== 1 || text === undefined || text.isComputed) into.isAnything = true;
  else addLine(text.text, into, true, depth + 1);
}

function addFind(words: readonly Word[], around: Around, into: ShellLine): void {
  const notPlain = { ...around, isPlain: false };
  for (const [at, word] of words.entries()) {
    const isRun = /^-(?:exec|execdir|ok|okdir|x|X|-exec|-exec-batch)$/.test(word.text);
    if (!isRun) continue;
    const rest = words.slice(at + 1);
    const end = rest.findIndex(({ text }) => text === ";" || text === "+");
    const [first, ...others] = end < 0 ? rest : rest.slice(0, end);
    // A file that is found may be what is run.
    if (first !== undefined) addWords([{ ...first, isComputed: first.isComputed || first.text.includes("{}") }, ...others], notPlain, into);
  }
  if (words.some((word) => word.isComputed && !word.isPattern && !word.isQuoted)) into.isAnything = true;
}

function addWrapped(name: string, words: readonly Word[], around: Around, into: ShellLine): void {
  const wrapper = wrappers[name] ?? {};
  let operands = wrapper.operands ?? 0;
  for (let at = 0; at < words.length; at++) {
    const word = words[at];
    if (word === undefined) return;
    const { text } = word;
    if (word.isComputed && (operands === 0 || !word.isQuoted)) {
      into.isAnything = true;
      return;
    }
    if (text === "--" || (text === "-" && name === "env")) continue;
    if (/^-./.test(text)) {
      if (name === "env" && /^(?:-[a-zA-Z]*S|--split-string)/.test(text)) {
        into.isAnything ||= words.slice(at).some((one) => one.isComputed);
        const glued = text.replace(/^(?:-[a-zA-Z]*?S|--split-string=?)/, "");
        addText([...(glued === "" ? [] : [{ ...word, text: glued }]), ...words.slice(at + 1)], around, into);
        return;
      }
      if (/^(?:-[a-zA-Z]*c|--command)(?:=|$)/.test(text) && ["flock", "runuser", "unshare", "nsenter"].includes(name)) {
        const given = text.startsWith("--command=") ? { ...word, text: text.slice("--command=".length) } : words[at + 1];
        if (given !== undefined) addText([given], around, into);
        return;
      }
      if (takesValue(text, wrapper)) at++;
      continue;
    }
    if (wrapper.assignments === true && /^[A-Za-z_][A-Za-z0-9_]*=/.test(text)) {
      addSetting(word, around.depth, into);
      continue;
    }
    if (operands > 0) {
      operands--;
      continue;
    }
    addWords(words.slice(at), { ...around, isPlain: false }, into);
    return;
  }
}

/** Whether the next word is the option's. */
function takesValue(text: string, { valued = "", long = [] }: Wrapper): boolean {
  if (text.startsWith("--")) return long.includes(text.slice(2));
  const letter = [...text.slice(1)].findIndex((one) => valued.includes(one));
  return letter >= 0 && letter === text.length - 2;
}

function writesNothing({ operator, target }: Redirection): boolean {
  if (operator === "<" || operator.startsWith("<<") || operator === "<&") return true;
  if (target.isComputed) return false;
  return target.text === "/dev/null" || (operator === ">&" && /^(?:\d+|-)$/.test(target.text));
}

function addPaths({ words, assignments, redirections }: FoundCommand, into: ShellLine, cds: readonly string[]): void {
  const directories = [...cds];
  const add = (word: Word | undefined, isTarget: boolean): void => void into.paths.push({ word, isTarget, directories });
  for (const { operator, target } of redirections) {
    if (operator.startsWith("<<")) continue;
    add(target.isComputed && !target.isPattern ? undefined : target, true);
  }
  for (const word of [...words.slice(1), ...assignments.map(({ value }) => value)]) {
    if (word.isComputed && !word.isPattern) continue;
    if (word.text !== "") add(word, false);
    const equals = word.text.indexOf("=");
    if (equals >= 0) add({ ...word, text: word.text.slice(equals + 1) }, false);
    // `-ofile`, `-I/dir`.
    if (/^-[A-Za-z]./.test(word.text)) add({ ...word, text: word.text.slice(2) }, false);
  }
}
