// From what was said to what is meant: `RunOptions`, in which nothing is left open. Called by run-once.

import { readFileSync, statSync } from "node:fs";
import { type Config, loadConfig } from "../config/load-config.ts";
import { parseDuration } from "../contracts/duration.ts";
import { messageOf, PiError } from "../contracts/error.ts";
import { isThinkingLevel } from "../contracts/model.ts";
import type { RunOptions, SessionChoice } from "../harness/launch/run-options.ts";
import type { Host } from "../platform/host.ts";
import { absolutePath, agentDirectory } from "../platform/paths.ts";
import { baseUrlVariables } from "../providers/vendors.ts";
import type { Said } from "./options.ts";
import { isSaid, type OptionName, valueSaid } from "./options.ts";

export type Mode = "text" | "json";

export interface ResolvedRun {
  mode: Mode;
  options: RunOptions;
  config: Config;
}

const exclusive: readonly (readonly [OptionName, OptionName])[] = [
  ["--continue", "--session"],
  ["--continue", "--no-session"],
  ["--session", "--no-session"],
  ["--fork", "--session"],
  ["--fork", "--continue"],
  ["--fork", "--no-session"],
  ["--session-id", "--session"],
  ["--session-id", "--continue"],
  ["--approve", "--no-approve"],
];

export async function resolveRun(said: Said, host: Host): Promise<ResolvedRun> {
  for (const [one, other] of exclusive) {
    if (isSaid(said, one) && isSaid(said, other)) {
      throw new PiError("usage.conflict", `${one} cannot be combined with ${other}`, { hint: "Leave one of them out" });
    }
  }
  // Paths are meant from where the user stands, also where a session brings its own directory.
  const standing = workingDirectory(said, host);
  const path = (text: string): string => absolutePath(text, standing, host.homeDir);
  const { cwd, session, config } = await sessionMeant(said, standing, host);
  const agentDir = agentDirectory(host.env, host.homeDir, standing);
  const thinking = valueSaid(said, "--thinking");
  const optional = <K extends string>(key: K, value: string | undefined): { [P in K]?: string } =>
    (value === undefined ? {} : { [key]: value }) as { [P in K]?: string };
  const sessionDir = valueSaid(said, "--session-dir");
  const recordFile = valueSaid(said, "--record");
  const schemaFile = valueSaid(said, "--output-schema");
  const systemPrompt = valueSaid(said, "--system-prompt");
  const options: RunOptions = {
    cwd,
    agentDir,
    ...optional("model", scriptedPath(valueSaid(said, "--model"), path)),
    ...optional("provider", valueSaid(said, "--provider")),
    models: listSaid(said, "--models") ?? config.values.models,
    ...optional("apiKey", valueSaid(said, "--api-key")),
    ...(thinking !== undefined && isThinkingLevel(thinking) ? { thinking } : {}),
    fallbackModels: said.options.get("--fallback-model") ?? [],
    session,
    ...optional("sessionDir", sessionDir === undefined ? undefined : path(sessionDir)),
    ...optional("sessionName", valueSaid(said, "--name")),
    onBusy: (valueSaid(said, "--on-busy") ?? "fail") as RunOptions["onBusy"],
    tools: {
      ...optional("only", valueSaid(said, "--tools")),
      ...optional("except", valueSaid(said, "--exclude-tools")),
      none: isSaid(said, "--no-tools"),
      noBuiltin: isSaid(said, "--no-builtin-tools"),
    },
    ...optional("systemPrompt", systemPrompt === undefined ? undefined : textOrFile(systemPrompt, path)),
    appendSystemPrompt: (said.options.get("--append-system-prompt") ?? []).map((text) => textOrFile(text, path)),
    resources: {
      withContextFiles: !isSaid(said, "--no-context-files"),
      withSkills: !isSaid(said, "--no-skills"),
      withTemplates: !isSaid(said, "--no-prompt-templates"),
      skillPaths: (said.options.get("--skill") ?? []).map(path),
      templatePaths: (said.options.get("--prompt-template") ?? []).map(path),
    },
    ...(schemaFile === undefined ? {} : { outputSchema: await readSchema(path(schemaFile)) }),
    isStrict: isSaid(said, "--strict"),
    ...optional("recordFile", recordFile === undefined ? undefined : path(recordFile)),
    limits: {
      maxTurns: numberSaid(said, "--max-turns", { isWhole: true }) ?? config.values.limits.maxTurns,
      maxCostUsd: numberSaid(said, "--max-cost", { isWhole: false }) ?? config.values.limits.maxCostUsd,
      timeoutMs: durationSaid(said, "--timeout") ?? config.values.limits.timeoutMs,
    },
    stall: stallLimits(valueSaid(said, "--stall"), config.values.network.idleTimeoutMs),
  };
  return { mode: valueSaid(said, "--mode") === "json" ? "json" : "text", options, config };
}

/** The configuration of a working directory, as this command line has it. */
export function configLoader(said: Said, host: Host): (cwd: string) => Promise<Config> {
  const approve = isSaid(said, "--approve") ? { approve: true } : isSaid(said, "--no-approve") ? { approve: false } : {};
  const commandLine = settingsSaid(said);
  return (cwd) => {
    const agentDir = agentDirectory(host.env, host.homeDir, cwd);
    return loadConfig({
      agentDir,
      cwd,
      homeDir: host.homeDir,
      env: host.env,
      strict: isSaid(said, "--strict"),
      commandLine,
      baseUrlVariables: baseUrlVariables(),
      ...approve,
    });
  };
}

/** Options that stand for a setting: said as settings too, so that the setting's origin is told rightly. */
function settingsSaid(said: Said): Record<string, unknown> {
  const values: Record<string, unknown> = {
    thinking: valueSaid(said, "--thinking"),
    models: listSaid(said, "--models"),
    fallback_models: said.options.get("--fallback-model"),
    "limits.max_turns": numberSaid(said, "--max-turns", { isWhole: true }),
    "limits.max_cost_usd": numberSaid(said, "--max-cost", { isWhole: false }),
    "limits.timeout": durationSaid(said, "--timeout") === undefined ? undefined : valueSaid(said, "--timeout"),
    "network.offline": isSaid(said, "--offline") ? true : undefined,
  };
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

/** Absolute. @throws PiError `usage.bad_cwd` */
export function workingDirectory(said: Said, host: Host): string {
  const given = valueSaid(said, "--cwd");
  if (given === undefined) {
    if (statSync(host.cwd, { throwIfNoEntry: false })?.isDirectory()) return host.cwd;
    throw new PiError("usage.bad_cwd", `The working directory ${host.cwd} is gone`, {
      hint: "Go to one that is there, or name one with --cwd",
    });
  }
  const path = absolutePath(given, host.cwd, host.homeDir);
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
    throw new PiError("usage.bad_cwd", `--cwd ${path} is not a directory`, { hint: "Name one that exists" });
  }
  return path;
}

/** Which session, the directory it runs in (its own, unless `--cwd` says another) and what is configured there. */
async function sessionMeant(said: Said, standing: string, host: Host): Promise<{ cwd: string; session: SessionChoice; config: Config }> {
  const load = configLoader(said, host);
  const config = await load(standing);
  const session = sessionChoice(said);
  if (session.kind !== "open") return { cwd: standing, session, config };
  const { namedSession } = await import("../harness/launch/open-session.ts");
  const agentDir = agentDirectory(host.env, host.homeDir, standing);
  const given = valueSaid(said, "--session-dir");
  const override = given === undefined ? config.values.sessionDir : absolutePath(given, standing, host.homeDir);
  const { path, cwd = standing } = await namedSession(session.ref, { cwd: standing, agentDir, override });
  const opened = { kind: "open", ref: path } as const;
  if (isSaid(said, "--cwd") || cwd === standing) return { cwd: standing, session: opened, config };
  if (!statSync(cwd, { throwIfNoEntry: false })?.isDirectory()) {
    throw new PiError("usage.bad_cwd", `The directory of the session is gone: ${cwd}`, { hint: "--cwd DIR goes on with it elsewhere" });
  }
  return { cwd, session: opened, config: await load(cwd) };
}

function sessionChoice(said: Said): SessionChoice {
  const ref = valueSaid(said, "--session");
  const id = valueSaid(said, "--session-id");
  const forked = valueSaid(said, "--fork");
  if (forked !== undefined) return { kind: "fork", ref: forked, ...(id === undefined ? {} : { id }) };
  if (ref !== undefined) return { kind: "open", ref };
  if (id !== undefined) return { kind: "named", id };
  if (isSaid(said, "--no-session")) return { kind: "memory" };
  return isSaid(said, "--continue") ? { kind: "continue" } : { kind: "new" };
}

/** The path of a trace is meant from where the user stands; where there is none, `scripted/demo` is the embedded model. */
function scriptedPath(model: string | undefined, path: (text: string) => string): string | undefined {
  if (!model?.startsWith("scripted/")) return model;
  const file = path(model.slice("scripted/".length));
  if (statSync(file, { throwIfNoEntry: false })?.isFile()) return `scripted/${file}`;
  if (model === "scripted/demo") return model;
  throw new PiError("usage.no_trace", `No trace ${file}`, { hint: "Name a file behind scripted/; --record FILE writes one" });
}

/** A prompt is a text, unless a file of that name is there. */
function textOrFile(text: string, path: (text: string) => string): string {
  if (text === "" || text.includes("\n") || text.length > 1024) return text;
  const file = path(text);
  if (!statSync(file, { throwIfNoEntry: false })?.isFile()) return text;
  try {
    return readFileSync(file, "utf8")
      .replace(/^\uFEFF/, "")
      .trimEnd();
  } catch (error) {
    throw new PiError("usage.file_unreadable", `Cannot read ${file}`, { hint: "Check its permissions", cause: error });
  }
}

async function readSchema(file: string): Promise<Record<string, unknown>> {
  let schema: unknown;
  try {
    schema = JSON.parse(readFileSync(file, "utf8").replace(/^\uFEFF/, ""));
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

function numberSaid(said: Said, name: OptionName, { isWhole }: { isWhole: boolean }): number | undefined {
  const text = valueSaid(said, name);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value < 0 || (isWhole && !Number.isInteger(value))) {
    throw new PiError("usage.bad_value", `${name} ${JSON.stringify(text)} is not a ${isWhole ? "whole number" : "number"} from 0`, {
      hint: `For example ${name} ${isWhole ? 20 : 0.5}; 0 means no limit`,
    });
  }
  return value;
}

function listSaid(said: Said, name: OptionName): string[] | undefined {
  return valueSaid(said, name)
    ?.split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");
}

function durationSaid(said: Said, name: OptionName): number | undefined {
  const text = valueSaid(said, name);
  return text === undefined ? undefined : checkedDuration(text, name);
}

function checkedDuration(text: string, where: string): number {
  const value = parseDuration(text);
  if (value === undefined) {
    throw new PiError("usage.bad_value", `${where} ${JSON.stringify(text)} is not a duration`, { hint: "For example 90s, 10m or 1h30m" });
  }
  return value;
}

/** `model=90s,tool=30m`; what is not named keeps its default. */
function stallLimits(text: string | undefined, modelMs: number): { modelMs: number; toolMs: number } {
  const limits = { modelMs, toolMs: 0 };
  for (const part of text === undefined ? [] : text.split(",")) {
    const [name, duration = ""] = part.split("=", 2);
    if (name === "model") limits.modelMs = checkedDuration(duration, "--stall model");
    else if (name === "tool") limits.toolMs = checkedDuration(duration, "--stall tool");
    else
      throw new PiError("usage.bad_value", `--stall ${JSON.stringify(part)} is neither model=… nor tool=…`, {
        hint: "For example --stall model=90s,tool=30m",
      });
  }
  return limits;
}
