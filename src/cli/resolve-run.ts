// From what was said to what is meant: `RunOptions`, in which nothing is left open, and the way to the configuration. Called by run-mode and inspect.

import { existsSync } from "node:fs";
import { type Config, type ConfigInput, loadConfig } from "../config/load-config.ts";
import { defined } from "../contracts/defined.ts";
import { messageOf, PiError } from "../contracts/error.ts";
import type { ExtensionUIContext } from "../contracts/extension.ts";
import { isThinkingLevel } from "../contracts/model.ts";
import { sessionNameOf } from "../contracts/text/session-name.ts";
import { ExtensionLauncher } from "../harness/launch/extension-launcher.ts";
import type { RunOptions, SessionChoice } from "../harness/launch/run-options.ts";
import type { ProjectQuestions } from "../modes/mode.ts";
import { readBoundedText } from "../platform/files/bounded-file.ts";
import { kindOfPath, statOf } from "../platform/files/path-kind.ts";
import type { Host } from "../platform/host.ts";
import { writeErrorLine } from "../platform/host.ts";
import { absolutePath, agentDirectory } from "../platform/paths.ts";
import type { TraceFile } from "../providers/scripted/trace-file.ts";
import { baseUrlVariables } from "../providers/vendors.ts";
import { isSaid, type OptionName, outputOptions, recordOf, type Said, valueSaid } from "./options.ts";
import { settingsSaid, stallSaid } from "./settings-said.ts";

export interface ResolvedRun {
  /** Options that only extensions know are judged by `withFlags`, once there is a launch. */
  options: RunOptions;
  extensions: ExtensionLauncher;
  /** Of a working directory, as this command line has it. */
  configFor(cwd: string): Promise<Config>;
  trust: ProjectQuestions;
}

const exclusive: readonly (readonly [OptionName, OptionName])[] = [
  ["--continue", "--no-session"],
  ["--session", "--no-session"],
  ["--fork", "--session"],
  ["--fork", "--continue"],
  ["--fork", "--no-session"],
  ["--session-id", "--session"],
  ["--session-id", "--continue"],
  ["--approve", "--no-approve"],
  ["--prompt-key", "--no-session"],
];

/** `asks`: somebody is there, and what is undecided is asked about. */
export async function resolveRun(said: Said, host: Host, { asks = false }: { asks?: boolean } = {}): Promise<ResolvedRun> {
  for (const [one, other] of exclusive) {
    if (isSaid(said, one) && isSaid(said, other)) {
      throw new PiError("usage.conflict", `${one} cannot be combined with ${other}`, { hint: "Leave one of them out" });
    }
  }
  // Paths are meant from where the user stands, also where a session brings its own directory.
  const standing = workingDirectory(said, host);
  const path = (text: string): string => absolutePath(text, standing, host.homeDir);
  if (outputOptions.some((option) => isSaid(said, option))) await (await import("./output-files.ts")).refuseShared(said, path);
  const agentDir = agentDirectory(host.env, host.homeDir, standing);
  const commandLine = settingsSaid(said, path);
  // Where sessions lie is asked before there are extensions, which may be asked about trust.
  const { cwd, session } = await sessionMeant(said, { standing, agentDir, configFor: configLoader(said, host, commandLine) });
  const name = valueSaid(said, "--name");
  const thinking = valueSaid(said, "--thinking");
  const recordFile = valueSaid(said, "--record");
  const schemaFile = valueSaid(said, "--output-schema");
  const systemPrompt = valueSaid(said, "--system-prompt");
  const options: RunOptions = {
    cwd,
    agentDir,
    ...defined({
      model: scriptedPath(valueSaid(said, "--model"), path),
      provider: valueSaid(said, "--provider"),
      apiKey: valueSaid(said, "--api-key"),
      sessionName: name === undefined ? undefined : sessionNameOf(name, "Leave --name out for none"),
      systemPrompt: systemPrompt === undefined ? undefined : textOrFile(systemPrompt, path),
      trace: recordFile === undefined ? undefined : await traceToBe(path(recordFile)),
    }),
    ...(thinking !== undefined && isThinkingLevel(thinking) ? { thinking } : {}),
    session,
    onBusy: (valueSaid(said, "--on-busy") ?? "fail") as RunOptions["onBusy"],
    tools: {
      ...defined({ only: valueSaid(said, "--tools"), except: valueSaid(said, "--exclude-tools") }),
      none: isSaid(said, "--no-tools"),
      noBuiltin: isSaid(said, "--no-builtin-tools"),
    },
    appendSystemPrompt: (said.options.get("--append-system-prompt") ?? []).map((text) => textOrFile(text, path)),
    resources: {
      withContextFiles: !isSaid(said, "--no-context-files"),
      withSkills: !isSaid(said, "--no-skills"),
      withTemplates: !isSaid(said, "--no-prompt-templates"),
      skillPaths: (said.options.get("--skill") ?? []).map(path),
      templatePaths: (said.options.get("--prompt-template") ?? []).map(path),
      withThemes: !isSaid(said, "--no-themes"),
      themePaths: (said.options.get("--theme") ?? []).map((one) => themeAt(path(one))),
    },
    extensions: {
      paths: (said.options.get("--extension") ?? []).map((source) => (/^(npm|git):/.test(source) ? source : path(source))),
      withDiscovered: !isSaid(said, "--no-extensions"),
      flags: new Map(),
    },
    ...(schemaFile === undefined ? {} : { outputSchema: await readSchema(path(schemaFile)) }),
    ...(await policySaid(said)),
    isStrict: isSaid(said, "--strict"),
    stallToolMs: stallSaid(said).toolMs ?? 0,
    idle: [...said.options.keys()].filter((name) => recordOf(name)?.isIdle === true),
  };
  const approvals = new Map<string, boolean>();
  let asking: ExtensionUIContext | undefined;
  const extensions = new ExtensionLauncher({
    hostModules: () => host.hostModules(),
    agentDir,
    inline: host.inlineExtensions,
    env: host.env,
    now: () => host.now(),
    tellsTimes: isSaid(said, "--verbose"),
    warn: (line) => writeErrorLine(`pi: ${line}`),
    admit: (onStray) => host.admitExtensions(onStray),
    ...(asks && {
      dialogs: async () => ({ mode: "tui" as const, ui: asking ?? (await import("./line-dialogs.ts")).lineDialogs(host) }),
    }),
  });
  const askTrust = (config: Config): ReturnType<ExtensionLauncher["askTrust"]> => extensions.askTrust(options, config);
  return {
    options,
    extensions,
    configFor: configLoader(said, host, commandLine, { askTrust, approvals, asksLater: asks }),
    trust: {
      approve: (directory, isTrusted) => void approvals.set(directory, isTrusted),
      askBy: (ui) => {
        asking = ui;
      },
    },
  };
}

function themeAt(path: string): string {
  if (existsSync(path)) return path;
  throw new PiError("usage.file_not_found", `--theme ${path} is not there`, { hint: "Name a theme file or a folder of them" });
}

async function policySaid(said: Said): Promise<Pick<RunOptions, "policy">> {
  const [allow = [], deny = []] = [said.options.get("--allow"), said.options.get("--deny")];
  if (allow.length + deny.length === 0) return {};
  const { parseRule } = await import("../extensions/policy/rows.ts");
  return { policy: [...allow.map((text) => parseRule(text, "allow")), ...deny.map((text) => parseRule(text, "deny"))] };
}

function configLoader(
  said: Said,
  host: Host,
  commandLine: Record<string, unknown>,
  asked: Pick<ConfigInput, "askTrust" | "approvals" | "asksLater"> = {},
): ResolvedRun["configFor"] {
  const approve = isSaid(said, "--approve") ? { approve: true } : isSaid(said, "--no-approve") ? { approve: false } : {};
  return (cwd) =>
    loadConfig({
      agentDir: agentDirectory(host.env, host.homeDir, cwd),
      cwd,
      homeDir: host.homeDir,
      env: host.env,
      strict: isSaid(said, "--strict"),
      commandLine,
      baseUrlVariables: baseUrlVariables(),
      ...asked,
      ...approve,
    });
}

/** Absolute. @throws PiError `usage.bad_cwd` */
export function workingDirectory(said: Said, host: Host): string {
  const given = valueSaid(said, "--cwd");
  if (given === undefined) {
    if (kindOfPath(host.cwd) === "directory") return host.cwd;
    throw new PiError("usage.bad_cwd", `The working directory ${host.cwd} is gone`, {
      hint: "Go to one that is there, or name one with --cwd",
    });
  }
  const path = absolutePath(given, host.cwd, host.homeDir);
  if (kindOfPath(path) !== "directory") {
    throw new PiError("usage.bad_cwd", `--cwd ${path} is not a directory`, { hint: "Name one that exists" });
  }
  return path;
}

/** Which session, and the directory it runs in: its own, unless `--cwd` says another. */
async function sessionMeant(
  said: Said,
  { standing, agentDir, configFor }: { standing: string; agentDir: string; configFor: ResolvedRun["configFor"] },
): Promise<{ cwd: string; session: SessionChoice }> {
  const session = sessionChoice(said);
  if (session.kind !== "open") return { cwd: standing, session };
  const { namedSession } = await import("../harness/launch/open-session.ts");
  const override = (await configFor(standing)).values.sessionDir;
  const { path, cwd = standing } = await namedSession(session.ref, { cwd: standing, agentDir, override });
  const opened = { kind: "open", ref: path } as const;
  if (isSaid(said, "--cwd")) return { cwd: standing, session: opened };
  if (kindOfPath(cwd) === "directory") return { cwd, session: opened };
  throw new PiError("usage.bad_cwd", `The directory of the session is gone: ${cwd}`, { hint: "--cwd DIR goes on with it elsewhere" });
}

function sessionChoice(said: Said): SessionChoice {
  const ref = valueSaid(said, "--session");
  const id = valueSaid(said, "--session-id");
  const forked = valueSaid(said, "--fork");
  if (forked !== undefined) return { kind: "fork", ref: forked, ...defined({ id }) };
  if (ref !== undefined) return { kind: "open", ref };
  if (isSaid(said, "--no-session")) return { kind: "memory", ...defined({ id }) };
  if (id !== undefined) return { kind: "named", id };
  return isSaid(said, "--continue") ? { kind: "continue" } : { kind: "new" };
}

/** The path of a trace is meant from where the user stands; where there is none, `scripted/demo` is the embedded model. */
function scriptedPath(model: string | undefined, path: (text: string) => string): string | undefined {
  if (!model?.startsWith("scripted/")) return model;
  const file = path(model.slice("scripted/".length));
  if (kindOfPath(file) === "file") return `scripted/${file}`;
  if (model === "scripted/demo") return model;
  throw new PiError("usage.no_trace", `No trace ${file}`, { hint: "Name a file behind scripted/; --record FILE writes one" });
}

/** Each answer is added to it as it comes. */
async function traceToBe(file: string): Promise<TraceFile> {
  const { refuseMissing, refusePlace, refuseUnwritable } = await import("./output-files.ts");
  refusePlace("--record", file);
  const isFile = statOf(file)?.isFile();
  if (isFile === false)
    throw new PiError("usage.bad_output", `--record ${file} is no regular file`, { hint: "Name one that is, or is not there yet" });
  refuseMissing("--record", file);
  refuseUnwritable("--record", file);
  return new (await import("../providers/scripted/trace-file.ts")).TraceFile(file);
}

/** A prompt is a text, unless a file of that name is there. */
function textOrFile(text: string, path: (text: string) => string): string {
  if (text === "" || text.includes("\n") || text.length > 1024) return text;
  const file = path(text);
  if (kindOfPath(file) !== "file") return text;
  const found = readBoundedText(file);
  if (found === undefined) return text;
  if ("leftOut" in found) throw new PiError("usage.file_unreadable", `Cannot read ${file}: ${found.why}`);
  return found.text.trimEnd();
}

async function readSchema(file: string): Promise<Record<string, unknown>> {
  let schema: unknown;
  try {
    const found = readBoundedText(file);
    if (found === undefined) throw new Error("no such file");
    if ("leftOut" in found) throw new Error(found.why);
    schema = JSON.parse(found.text);
  } catch (error) {
    throw new PiError("usage.bad_schema", `--output-schema ${file}: ${messageOf(error)}`, {
      hint: "Name a file that holds a JSON Schema",
      cause: error,
    });
  }
  if (typeof schema !== "object" || schema === null || Array.isArray(schema)) {
    throw new PiError("usage.bad_schema", `--output-schema ${file} holds no JSON Schema object`, { hint: 'For example {"type":"object"}' });
  }
  const { schemaProblem } = await import("../harness/launch/output-schema.ts");
  const problem = await schemaProblem(schema as Record<string, unknown>);
  if (problem === undefined) return schema as Record<string, unknown>;
  throw new PiError("usage.bad_schema", `--output-schema ${file} is no JSON Schema: ${problem}`, { hint: "Correct that place" });
}
