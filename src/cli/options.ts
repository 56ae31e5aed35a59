// What can be said on the command line: one record an option. Parser, help, completions and docs iterate the table. Called by cli/main.
// Our own parser (docs/decisions/0001): two-letter short options, `@file` and a message grammar that option libraries do not take.
// Invariant: what cannot be the name of an option is a message, so that a list, a front matter or a sentence with a dash in front needs no `--`.

import { defined } from "../contracts/defined.ts";
import { PiError } from "../contracts/error.ts";
import { nearestName } from "../contracts/nearest.ts";
import { permissionModes } from "../contracts/policy.ts";
import { type ModeRecord, modeTable } from "../modes/modes.ts";

export type OptionKind = "flag" | "value" | "list" | "optional";

export interface OptionRecord {
  /** `--model`. */
  name: string;
  short?: string;
  /** `flag`: no value; `value`: the last one counts; `list`: all count; `optional`: a value may follow. */
  kind: OptionKind;
  /** How the value is called in the help. */
  value?: string;
  group: "Output" | "Model" | "Prompt" | "Session" | "Tools and resources" | "Limits" | "Other";
  help: string;
  /** What the value may be; checked by the parser. */
  choices?: readonly string[];
  /** Where completion finds what it may be. */
  completes?: "model" | "models" | "provider" | "tools";
  /** Key of the setting that it stands for: what is said is the topmost layer of the configuration. */
  setting?: string;
  /** The npm agent's, accepted: there is nothing yet that it could act on, and `pi inspect` says so. */
  isIdle?: true;
}

const levels = ["off", "minimal", "low", "medium", "high", "xhigh", "max"];

export const optionTable = [
  { name: "--print", short: "-p", kind: "flag", group: "Output", help: "run the prompts, print the last answer, exit" },
  {
    name: "--mode",
    kind: "value",
    value: "MODE",
    group: "Output",
    choices: modeTable.map((mode) => mode.name),
    help: (modeTable as readonly ModeRecord[]).map(({ name, about }) => (about === undefined ? name : `${name} (${about})`)).join(", "),
  },
  { name: "--output", short: "-o", kind: "value", value: "FILE", group: "Output", help: "the answer goes to this file; - for stdout" },
  { name: "--result", kind: "value", value: "FILE", group: "Output", help: "one JSON record of how it ended; - for stdout" },
  {
    name: "--list-models",
    kind: "optional",
    value: "SEARCH",
    group: "Output",
    help: "the models that have credentials; --json for programs",
  },
  { name: "--json", kind: "flag", group: "Output", help: "with --list-models: as JSON" },
  { name: "--output-schema", kind: "value", value: "FILE", group: "Output", help: "the answer is JSON valid against this JSON Schema" },
  { name: "--quiet", short: "-q", kind: "flag", group: "Output", help: "on a terminal, nothing but the answer" },
  { name: "--progress", kind: "flag", group: "Output", help: "what is done, line by line, also where no terminal is (PI_PROGRESS=1)" },
  {
    name: "--verbose",
    kind: "flag",
    group: "Output",
    help: "output of tools and thinking, errors with their causes, how long extensions took",
  },

  {
    name: "--model",
    short: "-m",
    kind: "value",
    value: "PATTERN",
    completes: "model",
    group: "Model",
    help: "provider/id, id or part of one; PATTERN:LEVEL sets the thinking",
  },
  { name: "--provider", kind: "value", value: "NAME", completes: "provider", group: "Model", help: "where to look for the model" },
  {
    name: "--models",
    kind: "value",
    value: "LIST",
    completes: "models",
    group: "Model",
    help: "what cycling goes through: patterns, * matches, :LEVEL sets the thinking",
    setting: "models",
  },
  { name: "--api-key", kind: "value", value: "KEY", group: "Model", help: "for this run only, never stored" },
  { name: "--thinking", kind: "value", value: "LEVEL", group: "Model", choices: levels, help: `${levels.join(", ")}`, setting: "thinking" },
  {
    name: "--fallback-model",
    kind: "list",
    value: "PATTERN",
    completes: "model",
    group: "Model",
    help: "when the model stays unavailable or its quota is spent; repeatable",
    setting: "fallback_models",
  },
  { name: "--record", kind: "value", value: "FILE", group: "Model", help: "write what the model streams, for --model scripted/FILE" },

  { name: "--system-prompt", kind: "value", value: "TEXT|FILE", group: "Prompt", help: "in place of the built-in one" },
  { name: "--append-system-prompt", kind: "list", value: "TEXT|FILE", group: "Prompt", help: "added to the system prompt; repeatable" },
  {
    name: "--prompt-key",
    kind: "value",
    value: "KEY",
    group: "Prompt",
    help: "run once: sent again with this key in the same session, it answers as the first time",
  },
  { name: "--no-context-files", short: "-nc", kind: "flag", group: "Prompt", help: "leave out AGENTS.md and its kin" },

  { name: "--continue", short: "-c", kind: "flag", group: "Session", help: "go on with this folder's last session" },
  {
    name: "--resume",
    short: "-r",
    kind: "flag",
    group: "Session",
    help: "go on with one that is picked from a list; without a terminal: the list",
  },
  {
    name: "--session",
    kind: "value",
    value: "PATH|ID",
    group: "Session",
    help: "go on with this one; a path where there is none: begin it there",
  },
  { name: "--session-id", kind: "value", value: "ID", group: "Session", help: "go on with this folder's session of that id, or begin it" },
  { name: "--fork", kind: "value", value: "PATH|ID", group: "Session", help: "go on in a copy of this one" },
  {
    name: "--on-busy",
    kind: "value",
    value: "WHAT",
    group: "Session",
    choices: ["fail", "wait", "fork"],
    help: "when another process writes the session",
  },
  { name: "--session-dir", kind: "value", value: "DIR", group: "Session", help: "where sessions lie", setting: "session_dir" },
  { name: "--no-session", kind: "flag", group: "Session", help: "keep nothing on disk" },
  { name: "--export", kind: "value", value: "IN [OUT]", group: "Session", help: "a session (file, id or name) as an HTML page" },
  { name: "--name", short: "-n", kind: "value", value: "NAME", group: "Session", help: "name the session" },

  {
    name: "--tools",
    short: "-t",
    kind: "value",
    value: "LIST",
    completes: "tools",
    group: "Tools and resources",
    help: "exactly these, or +name,-name on the default; * matches",
  },
  {
    name: "--exclude-tools",
    short: "-xt",
    kind: "value",
    value: "LIST",
    completes: "tools",
    group: "Tools and resources",
    help: "all but these",
  },
  { name: "--no-tools", short: "-nt", kind: "flag", group: "Tools and resources", help: "none" },
  { name: "--no-builtin-tools", short: "-nbt", kind: "flag", group: "Tools and resources", help: "none of the built-in ones" },
  { name: "--skill", kind: "list", value: "PATH", group: "Tools and resources", help: "a skill file or folder; repeatable" },
  { name: "--no-skills", short: "-ns", kind: "flag", group: "Tools and resources", help: "no skills but those named" },
  {
    name: "--prompt-template",
    kind: "list",
    value: "PATH",
    group: "Tools and resources",
    help: "a prompt template or a folder of them; repeatable",
  },
  { name: "--no-prompt-templates", short: "-np", kind: "flag", group: "Tools and resources", help: "no prompt templates but those named" },
  {
    name: "--extension",
    short: "-e",
    kind: "list",
    value: "PATH",
    group: "Tools and resources",
    help: "an extension: file, folder, npm:NAME or git:PLACE; repeatable",
  },
  { name: "--no-extensions", short: "-ne", kind: "flag", group: "Tools and resources", help: "no extensions but those named" },
  {
    name: "--theme",
    kind: "list",
    value: "PATH",
    group: "Tools and resources",
    help: "a theme file or a folder of them, for --use-theme by its name; repeatable",
  },
  { name: "--no-themes", kind: "flag", group: "Tools and resources", help: "no theme files but those named" },
  {
    name: "--use-theme",
    kind: "value",
    value: "NAME",
    group: "Tools and resources",
    help: "colours of the interactive mode: system, dark, light, a theme file",
    setting: "theme",
  },
  {
    name: "--tui-mode",
    kind: "value",
    value: "MODE",
    group: "Tools and resources",
    choices: ["regular", "fullscreen", "plain"],
    help: "how the interactive mode draws: regular, fullscreen (a screen of its own), plain (for screen readers)",
    setting: "tui_mode",
  },
  { name: "--no-mcp", kind: "flag", group: "Tools and resources", help: "no MCP server is started; there are none yet", isIdle: true },
  {
    name: "--permission-mode",
    kind: "value",
    value: "MODE",
    group: "Tools and resources",
    choices: permissionModes,
    help: "calls that no rule decides: auto (run), ask, plan (only reading tools)",
    setting: "permission_mode",
  },
  { name: "--allow", kind: "list", value: "RULE", group: "Tools and resources", help: "TOOL or TOOL(PATTERN) needs no asking; repeatable" },
  { name: "--deny", kind: "list", value: "RULE", group: "Tools and resources", help: "TOOL or TOOL(PATTERN) is refused; repeatable" },
  { name: "--approve", short: "-a", kind: "flag", group: "Tools and resources", help: "trust this project's .pi for this run" },
  { name: "--no-approve", short: "-na", kind: "flag", group: "Tools and resources", help: "ignore this project's .pi for this run" },

  {
    name: "--max-turns",
    kind: "value",
    value: "N",
    group: "Limits",
    help: "end in order after N answers of the model",
    setting: "limits.max_turns",
  },
  {
    name: "--max-cost",
    kind: "value",
    value: "USD",
    group: "Limits",
    help: "end in order when this much is spent",
    setting: "limits.max_cost_usd",
  },
  {
    name: "--timeout",
    kind: "value",
    value: "DURATION",
    group: "Limits",
    help: "end in order after this time, such as 90s or 10m",
    setting: "limits.timeout",
  },
  { name: "--stall", kind: "value", value: "LIST", group: "Limits", help: "longest silence: model=90s,tool=30m" },

  { name: "--set", kind: "list", value: "KEY=VALUE", group: "Other", help: "a setting for this run; repeatable" },
  { name: "--strict", kind: "flag", group: "Other", help: "an unknown tool, model or setting is an error" },
  { name: "--offline", kind: "flag", group: "Other", help: "nothing is fetched but what the model call needs", setting: "network.offline" },
  { name: "--cwd", short: "-C", kind: "value", value: "DIR", group: "Other", help: "as if started there" },
  { name: "--help", short: "-h", kind: "flag", group: "Other", help: "this page" },
  { name: "--version", short: "-v", kind: "flag", group: "Other", help: "the version" },
] as const satisfies readonly OptionRecord[];

export type OptionName = (typeof optionTable)[number]["name"];

/** An option that may be an extension's flag. */
export interface UnknownOption {
  /** As written, without its value. */
  name: string;
  inlineValue?: string;
  /** The operand behind it, which is its value if it takes one. */
  operandIndex?: number;
}

/** What was said: options by name, and everything else in order. */
export interface Said {
  options: Map<OptionName, string[]>;
  /** Messages and `@file`s as written; those behind `--` are messages, whatever they start with. */
  operands: { text: string; isLiteral: boolean }[];
  /** The subcommand that the first word names, with what stands behind it, unread. */
  command?: { name: string; args: readonly string[] };
  /** Long options that are none of ours: judged when the extensions are known. */
  unknown: UnknownOption[];
}

/** Those that name a file which the run is to write. */
export const outputOptions = ["--output", "--result", "--record"] as const satisfies readonly OptionName[];

export function isSaid(said: Said, name: OptionName): boolean {
  return said.options.has(name);
}

/** The last value of an option. */
export function valueSaid(said: Said, name: OptionName): string | undefined {
  return said.options.get(name)?.at(-1);
}

/** For one that no extension can have as a flag. What is meant is looked up where it is told. */
export class UnknownOptionError extends PiError {
  readonly option: string;

  constructor(option: string) {
    super("usage.unknown_option", `Unknown option: ${option}`, { hint: "pi --help lists the options" });
    this.option = option;
  }
}

/** `isCommand`: whether the first word ends the options of a run because it names a subcommand; behind `--print` there is none. */
export function parseOptions(args: readonly string[], isCommand: (word: string) => boolean = () => false): Said {
  const said: Said = { options: new Map(), operands: [], unknown: [] };
  for (let index = 0; index < args.length; index++) {
    const arg = args[index] ?? "";
    if (arg === "--") {
      said.operands.push(...args.slice(index + 1).map((text) => ({ text, isLiteral: true })));
      break;
    }
    if (said.operands.length === 0 && !isSaid(said, "--print") && isCommand(arg)) {
      said.command = { name: arg, args: args.slice(index + 1) };
      break;
    }
    const name = nameIn(arg);
    const record = recordOf(name);
    if (record === undefined && isMessage(arg)) {
      said.operands.push({ text: arg, isLiteral: false });
      continue;
    }
    const inlineValue = name === arg ? undefined : arg.slice(name.length + 1);
    if (record === undefined) {
      if (!/^--[A-Za-z]\S*$/.test(name)) throw new UnknownOptionError(name);
      const next = args[index + 1];
      const hasOperand = inlineValue === undefined && next !== undefined && !next.startsWith("-");
      said.unknown.push({
        name,
        ...defined({ inlineValue }),
        ...(hasOperand ? { operandIndex: said.operands.length } : {}),
      });
      continue;
    }
    const values = said.options.get(record.name as OptionName) ?? [];
    said.options.set(record.name as OptionName, values);
    if (record.kind === "flag") {
      if (inlineValue !== undefined) {
        throw new PiError("usage.unexpected_value", `${record.name} takes no value, got ${JSON.stringify(inlineValue)}`, {
          hint: `Write just ${record.name}`,
        });
      }
      continue;
    }
    const next = args[index + 1];
    if (inlineValue !== undefined) values.push(checked(record, inlineValue));
    else if (record.kind === "optional") {
      if (next !== undefined && !next.startsWith("-") && !next.startsWith("@")) values.push(args[++index] ?? "");
    } else if (next === undefined || recordOf(next) !== undefined) {
      // An option is nobody's value: a key, a folder or a text that was forgotten would be what was said next.
      const wanted = next === undefined ? "" : `, and got the option ${next}`;
      const asValue = next === undefined || !arg.startsWith("--") ? "" : `; as a value, ${record.name}=${next}`;
      throw new PiError("usage.missing_value", `${record.name} needs a value${wanted}`, {
        hint: `${record.name} ${record.value ?? "VALUE"}${asValue}`,
      });
    } else {
      values.push(checked(record, next));
      index++;
    }
  }
  return said;
}

/** Typed by hand an option begins with hyphens; pages and word processors make dashes of them. */
export const typographicDash = /^[\u2010-\u2015\u2212]+(?=[A-Za-z][\w-]*(?:=|$))/;

const hyphen = 45;

function isMessage(arg: string): boolean {
  const first = arg.charCodeAt(0);
  if (first > 127 && typographicDash.test(arg)) return false;
  if (first !== hyphen) return true;
  if (!/^--?[A-Za-z0-9]/.test(arg)) return true;
  const name = nameIn(arg);
  if (!/\s/.test(name)) return false;
  // `"--model opus"` is a mistake in quoting, `"--model is ignored, why?"` a sentence.
  const [option = "", second = "", ...more] = name.split(/\s+/);
  return more.length > 0 || second === "" || (recordOf(option)?.kind ?? "flag") === "flag";
}

function nameIn(arg: string): string {
  const equals = arg.startsWith("--") ? arg.indexOf("=") : -1;
  return equals < 0 ? arg : arg.slice(0, equals);
}

export function recordOf(name: string): OptionRecord | undefined {
  if (name.charCodeAt(0) !== hyphen) return undefined;
  return (optionTable as readonly OptionRecord[]).find((one) => one.name === name || one.short === name);
}

function checked(record: OptionRecord, value: string): string {
  if (record.choices && !record.choices.includes(value)) {
    throw new PiError("usage.bad_value", `${record.name} ${JSON.stringify(value)} is not one of ${record.choices.join(", ")}`, {
      hint: nearestName(value, record.choices)
        ? `Did you mean ${nearestName(value, record.choices)}?`
        : `For example ${record.name} ${record.choices[0]}`,
    });
  }
  return value;
}
