// From what was said to what is meant: `RunOptions`, in which nothing is left open. Called by run-once.

import { readFileSync, statSync } from "node:fs";
import { type Config, loadConfig } from "../config/load-config.ts";
import { PiError } from "../contracts/error.ts";
import { isThinkingLevel } from "../contracts/model.ts";
import type { RunOptions, SessionChoice } from "../harness/create-session.ts";
import type { Host } from "../platform/host.ts";
import { absolutePath, agentDirectory } from "../platform/paths.ts";
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
  ["--approve", "--no-approve"],
];

export async function resolveRun(said: Said, host: Host): Promise<ResolvedRun> {
  for (const [one, other] of exclusive) {
    if (isSaid(said, one) && isSaid(said, other)) {
      throw new PiError("usage.conflict", `${one} cannot be combined with ${other}`, { hint: "Leave one of them out" });
    }
  }
  const cwd = workingDirectory(said, host);
  const agentDir = agentDirectory(host.env, host.homeDir, cwd);
  const approve = isSaid(said, "--approve") ? { approve: true } : isSaid(said, "--no-approve") ? { approve: false } : {};
  const config = await loadConfig({ agentDir, cwd, homeDir: host.homeDir, env: host.env, strict: isSaid(said, "--strict"), ...approve });
  const thinking = valueSaid(said, "--thinking");
  const path = (text: string): string => absolutePath(text, cwd, host.homeDir);
  const optional = <K extends string>(key: K, value: string | undefined): { [P in K]?: string } =>
    (value === undefined ? {} : { [key]: value }) as { [P in K]?: string };
  const sessionDir = valueSaid(said, "--session-dir");
  const recordFile = valueSaid(said, "--record");
  const systemPrompt = valueSaid(said, "--system-prompt");
  const options: RunOptions = {
    cwd,
    agentDir,
    ...optional("model", scriptedPath(valueSaid(said, "--model"), path)),
    ...optional("provider", valueSaid(said, "--provider")),
    ...optional("apiKey", valueSaid(said, "--api-key")),
    ...(thinking !== undefined && isThinkingLevel(thinking) ? { thinking } : {}),
    session: sessionChoice(said),
    ...optional("sessionDir", sessionDir === undefined ? undefined : path(sessionDir)),
    ...optional("sessionName", valueSaid(said, "--name")),
    onBusy: "fail",
    tools: {
      ...optional("only", valueSaid(said, "--tools")),
      ...optional("except", valueSaid(said, "--exclude-tools")),
      none: isSaid(said, "--no-tools"),
      noBuiltin: isSaid(said, "--no-builtin-tools"),
    },
    ...optional("systemPrompt", systemPrompt === undefined ? undefined : textOrFile(systemPrompt, path)),
    appendSystemPrompt: (said.options.get("--append-system-prompt") ?? []).map((text) => textOrFile(text, path)),
    withContextFiles: !isSaid(said, "--no-context-files"),
    isStrict: isSaid(said, "--strict"),
    ...optional("recordFile", recordFile === undefined ? undefined : path(recordFile)),
    limits: config.values.limits,
    stall: { modelMs: config.values.network.idleTimeoutMs, toolMs: 0 },
  };
  return { mode: valueSaid(said, "--mode") === "json" ? "json" : "text", options, config };
}

function workingDirectory(said: Said, host: Host): string {
  const given = valueSaid(said, "--cwd");
  if (given === undefined) return host.cwd;
  const path = absolutePath(given, host.cwd, host.homeDir);
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
    throw new PiError("usage.bad_cwd", `--cwd ${path} is not a directory`, { hint: "Name one that exists" });
  }
  return path;
}

function sessionChoice(said: Said): SessionChoice {
  const ref = valueSaid(said, "--session");
  if (ref !== undefined) return { kind: "open", ref };
  if (isSaid(said, "--no-session")) return { kind: "memory" };
  return isSaid(said, "--continue") ? { kind: "continue" } : { kind: "new" };
}

/** The path of a trace is meant from where the user stands. */
function scriptedPath(model: string | undefined, path: (text: string) => string): string | undefined {
  return model?.startsWith("scripted/") ? `scripted/${path(model.slice("scripted/".length))}` : model;
}

/** A prompt is a text, unless a file of that name is there. */
function textOrFile(text: string, path: (text: string) => string): string {
  if (text === "" || text.includes("\n") || text.length > 1024) return text;
  const file = path(text);
  if (!statSync(file, { throwIfNoEntry: false })?.isFile()) return text;
  try {
    return readFileSync(file, "utf8").trimEnd();
  } catch (error) {
    throw new PiError("usage.file_unreadable", `Cannot read ${file}`, { hint: "Check its permissions", cause: error });
  }
}
