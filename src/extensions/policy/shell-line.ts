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
]);

/** A shell reads and runs what these are set to. */
const startUpVariables = /^(?:BASH_ENV|ENV|PROMPT_COMMAND|PS[0-4]|SHELLOPTS|BASHOPTS|IFS|LD_PRELOAD|LD_AUDIT|BASH_FUNC_.*)$/;

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
  if (assignments.some(({ name }) => startUpVariables.test(name))) into.isAnything = true;
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
  if (opaque.has(name) || isHashing(name, rest)) into.isAnything = true;
  if (shells.has(name)) addShell(rest, around, into);
  else if (name === "eval") addText(rest, around, into);
  else if (name === "trap") addTrap(rest, around, into);
  else if (name === "source" || name === ".") {
    if (rest[0] === undefined || rest[0].hasProcess || isStream(rest[0].text)) into.isAnything = true;
  } else if (name === "find" || name === "fd" || name === "fdfind") addFind(rest, around, into);
  else if (Object.hasOwn(wrappers, name)) addWrapped(name, rest, around, into);
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
    if (/^--(?:rcfile|init-file)$/.test(text)) at++;
    else if (/^--?(?:init-file|rcfile)=/.test(text)) into.isAnything = true;
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
  for (const [at, word] of words.entries()) {
    const isRun = /^-(?:exec|execdir|ok|okdir|x|X|-exec|-exec-batch)$/.test(word.text);
    if (!isRun) continue;
    const rest = words.slice(at + 1);
    const end = rest.findIndex(({ text }) => text === ";" || text === "+");
    addWords(end < 0 ? rest : rest.slice(0, end), { ...around, isPlain: false }, into);
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
    if (text === "--") continue;
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
      if (startUpVariables.test(text.slice(0, text.indexOf("=")))) into.isAnything = true;
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
