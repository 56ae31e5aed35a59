// A command line as the npm agent's programs read one: its options as fields of an object. Exported by `pi`; the program itself reads options
// by its own table (cli/options). Invariant: nothing throws; what is wrong is a diagnostic, and options of extensions are kept.

import { isThinkingLevel, type ThinkingLevel, thinkingLevels } from "../../contracts/model.ts";

export interface Args {
  provider?: string;
  model?: string;
  apiKey?: string;
  systemPrompt?: string;
  appendSystemPrompt?: string[];
  thinking?: ThinkingLevel;
  continue?: boolean;
  resume?: boolean;
  help?: boolean;
  version?: boolean;
  mode?: "text" | "json" | "rpc";
  name?: string;
  noSession?: boolean;
  session?: string;
  sessionId?: string;
  fork?: string;
  sessionDir?: string;
  models?: string[];
  tools?: string[];
  excludeTools?: string[];
  noTools?: boolean;
  noBuiltinTools?: boolean;
  extensions?: string[];
  noExtensions?: boolean;
  noMcp?: boolean;
  print?: boolean;
  export?: string;
  noSkills?: boolean;
  skills?: string[];
  promptTemplates?: string[];
  noPromptTemplates?: boolean;
  themes?: string[];
  useTheme?: string;
  noThemes?: boolean;
  noContextFiles?: boolean;
  listModels?: string | true;
  offline?: boolean;
  tuiMode?: string;
  verbose?: boolean;
  projectTrustOverride?: boolean;
  messages: string[];
  /** Without the `@`. */
  fileArgs: string[];
  /** By name without dashes: those of extensions, perhaps. */
  unknownFlags: Map<string, boolean | string>;
  diagnostics: { type: "warning" | "error"; message: string }[];
}

type Field = keyof Args;
/** `values`: given again, one more; `list`: words with commas between them. */
type Kind = "flag" | "off" | "value" | "values" | "list" | "optional";

const rows: readonly (readonly [names: string, field: Field, kind: Kind])[] = [
  ["--help -h", "help", "flag"],
  ["--version -v", "version", "flag"],
  ["--mode", "mode", "value"],
  ["--print -p", "print", "flag"],
  ["--continue -c", "continue", "flag"],
  ["--resume -r", "resume", "flag"],
  ["--session", "session", "value"],
  ["--session-id", "sessionId", "value"],
  ["--fork", "fork", "value"],
  ["--session-dir", "sessionDir", "value"],
  ["--no-session", "noSession", "flag"],
  ["--name -n", "name", "value"],
  ["--provider", "provider", "value"],
  ["--model -m", "model", "value"],
  ["--api-key", "apiKey", "value"],
  ["--models", "models", "list"],
  ["--list-models", "listModels", "optional"],
  ["--thinking", "thinking", "value"],
  ["--system-prompt", "systemPrompt", "value"],
  ["--append-system-prompt", "appendSystemPrompt", "values"],
  ["--tools -t", "tools", "list"],
  ["--exclude-tools -xt", "excludeTools", "list"],
  ["--no-tools -nt", "noTools", "flag"],
  ["--no-builtin-tools -nbt", "noBuiltinTools", "flag"],
  ["--extension -e", "extensions", "values"],
  ["--no-extensions -ne", "noExtensions", "flag"],
  ["--no-mcp", "noMcp", "flag"],
  ["--skill", "skills", "values"],
  ["--no-skills -ns", "noSkills", "flag"],
  ["--prompt-template", "promptTemplates", "values"],
  ["--no-prompt-templates -np", "noPromptTemplates", "flag"],
  ["--theme", "themes", "values"],
  ["--use-theme", "useTheme", "value"],
  ["--no-themes", "noThemes", "flag"],
  ["--no-context-files -nc", "noContextFiles", "flag"],
  ["--export", "export", "value"],
  ["--offline", "offline", "flag"],
  ["--tui-mode", "tuiMode", "value"],
  ["--verbose", "verbose", "flag"],
  ["--approve -a", "projectTrustOverride", "flag"],
  ["--no-approve -na", "projectTrustOverride", "off"],
];

const choices: Partial<Record<Field, readonly string[]>> = { mode: ["text", "json", "rpc"], thinking: thinkingLevels };

export function parseArgs(args: readonly string[]): Args {
  const parsed: Args = { messages: [], fileArgs: [], unknownFlags: new Map(), diagnostics: [] };
  const fields = parsed as unknown as Record<Field, unknown>;
  const waiting = [...args];
  /** The word behind an option, where it is no option. */
  const behind = (isOptional: boolean): string | undefined => {
    const [next] = waiting;
    if (next === undefined || (next.startsWith("-") && next !== "-" && isOptional)) return undefined;
    return waiting.shift();
  };
  for (let arg = waiting.shift(); arg !== undefined; arg = waiting.shift()) {
    if (arg === "--") {
      parsed.messages.push(...waiting.splice(0));
    } else if (arg.startsWith("@") && arg.length > 1) parsed.fileArgs.push(arg.slice(1));
    else if (!/^-[^\s]/.test(arg) || /^-\d/.test(arg)) parsed.messages.push(arg);
    else {
      const [, name = arg, inline] = /^(--[^=]+)=(.*)$/s.exec(arg) ?? [];
      const row = rows.find(([names]) => names.split(" ").includes(name));
      if (row === undefined) unknownOption(name, inline, parsed, behind);
      else setField(fields, row, parsed, inline, behind);
    }
  }
  return parsed;
}

function unknownOption(name: string, inline: string | undefined, parsed: Args, behind: (isOptional: boolean) => string | undefined): void {
  if (!name.startsWith("--")) parsed.diagnostics.push({ type: "error", message: `Unknown option: ${name}` });
  else parsed.unknownFlags.set(name.slice(2), inline ?? behind(true) ?? true);
}

function setField(
  fields: Record<Field, unknown>,
  [names, field, kind]: (typeof rows)[number],
  parsed: Args,
  inline: string | undefined,
  behind: (isOptional: boolean) => string | undefined,
): void {
  const [name = ""] = names.split(" ");
  if (kind === "flag" || kind === "off") {
    fields[field] = kind === "flag";
    return;
  }
  const value = inline ?? behind(kind === "optional");
  if (kind === "optional") fields[field] = value ?? true;
  else if (value === undefined) parsed.diagnostics.push({ type: "error", message: `${name} requires a value` });
  else if (kind === "values") fields[field] = [...((fields[field] as string[] | undefined) ?? []), value];
  else if (kind === "list")
    fields[field] = value
      .split(",")
      .map((one) => one.trim())
      .filter((one) => one !== "");
  else if (choices[field]?.includes(value) === false) {
    const type = field === "thinking" && !isThinkingLevel(value) ? "warning" : "error";
    parsed.diagnostics.push({ type, message: `${name} ${JSON.stringify(value)} is none of ${choices[field]?.join(", ")}` });
  } else fields[field] = value;
}
