// Configuration: defaults, the agent directory's files, the trusted project's file, environment and command line, merged with origins.
// Called once a run by cli and the SDK. Invariant: nothing of an untrusted project is opened, and no message carries a secret.

import { join } from "node:path";
import { defined } from "../contracts/defined.ts";
import { messageOf, PiError } from "../contracts/error.ts";
import type { ProviderSettings, SettingOrigin } from "../contracts/provider-settings.ts";
import { isLiteral } from "../contracts/text/secret-text.ts";
import { RepositoryBoundary, readBoundedText } from "../platform/files/bounded-file.ts";
import { looseWarning } from "../platform/files/user-id.ts";
import { type Env, userConfigFile } from "../platform/paths.ts";
import { type DeclaredPackage, type Layer, LayerMerger, type ListPart } from "./merge-layers.ts";
import { loadNpmAgentFiles } from "./npm-agent.ts";
import { emptyProvider, setBaseUrlFromEnvironment } from "./provider-settings.ts";
import { parseValue } from "./setting-values.ts";
import { type Settings, settings } from "./settings.ts";
import { decideTrust, isUndecided, type ProjectTrust, saveDecision, type TrustAnswer, undecidedText } from "./trust.ts";

export interface ConfigInput {
  /** Absolute. */
  agentDir: string;
  cwd: string;
  homeDir: string;
  env: Env;
  /** `--approve`: true, `--no-approve`: false. */
  approve?: boolean;
  /** Dotted key to value, as a file would hold it. */
  commandLine?: Record<string, unknown>;
  /** Unknown keys, settings a project may not set and an undecided project become errors. */
  strict?: boolean;
  /** Where given, values of a wrong type are put here and passed over instead of ending the load (`pi config check`). */
  problems?: PiError[];
  /** Asked about a project that nothing was decided for, with the configuration without it; nothing: undecided. */
  askTrust?(config: Config, projectDir: string): Promise<TrustAnswer | undefined>;
  /** What was decided for as long as the process lives, by directory. */
  approvals?: ReadonlyMap<string, boolean>;
  /** Whoever shows the conversation asks about an undecided project: it is no warning. */
  asksLater?: boolean;
  /** Provider id to the variable that sets its base URL. */
  baseUrlVariables?: Record<string, string>;
}

export interface Config {
  values: Settings;
  /** Where a setting (`retry.enabled`) or a provider's field (`providers.local.base_url`) came from. */
  origin(key: string): SettingOrigin;
  /** A list of paths by the sources that it adds up from. */
  parts(key: string): readonly ListPart[];
  /** Packages by the source that declares them. */
  packages: readonly DeclaredPackage[];
  /** One line each. */
  warnings: string[];
  project: ProjectTrust;
  /** What was found to belong to the repository when it was read: for the start that it was read for, since what lies there changes. */
  boundary: RepositoryBoundary;
  /** Without prototype: any id may be looked up. */
  providers: Record<string, ProviderSettings>;
}

/** Variables of the services whose own tools use them too. */
const baseUrlVariables: Readonly<Record<string, string>> = {
  anthropic: "ANTHROPIC_BASE_URL",
  openai: "OPENAI_BASE_URL",
  google: "GOOGLE_GEMINI_BASE_URL",
};

export function projectConfigFile(projectDir: string): string {
  return join(projectDir, "config.toml");
}

/** @throws PiError `config.syntax`, `config.wrong_type`; when strict also `config.unknown_key`, `config.forbidden`, `config.untrusted`. */
export async function loadConfig(input: ConfigInput): Promise<Config> {
  const merger = new LayerMerger({
    cwd: input.cwd,
    homeDir: input.homeDir,
    strict: input.strict === true,
    ...defined({ problems: input.problems }),
  });
  for (const { file, tree, problem, notice } of loadNpmAgentFiles(input.agentDir)) {
    if (notice !== undefined) merger.warnings.push(notice);
    if (problem === undefined) merger.add({ kind: "npm agent", file, tree });
    else merger.warnings.push(`${file}: ${problem}; ignored.`);
  }
  const user = await loadTomlLayer("user", userConfigFile(input.agentDir), merger);
  if (user !== undefined) merger.add(user);

  const about = {
    cwd: input.cwd,
    agentDir: input.agentDir,
    homeDir: input.homeDir,
    default: merger.current("trust.default") as Settings["trust"]["default"],
    ...defined({ approve: input.approve, approvals: input.approvals }),
  };
  const boundary = new RepositoryBoundary(input);
  let project = decideTrust(about, boundary);
  if (project.decision === "none" && project.root !== undefined && input.askTrust !== undefined) {
    const answer = await input.askTrust(configOf(merger, project, boundary), project.dir ?? project.root);
    if (answer !== undefined) project = decideTrust({ ...about, answer }, boundary);
    if (answer?.remember === true) await remember(project, input, merger);
  }
  if (project.dir !== undefined && project.trusted) {
    const layer = await loadTomlLayer("project", projectConfigFile(project.dir), merger, boundary);
    if (layer !== undefined) merger.add(layer);
  } else if (project.problem !== undefined) reportUnsafe(project.problem, input, merger);
  else if (isUndecided(project)) reportSkipped(project, input, merger);

  addEnvironment(merger, input.env);
  merger.add({ kind: "command line", tree: {}, flat: input.commandLine ?? {} });
  for (const file of filesWithKeys(merger.providers)) {
    const loose = looseWarning(file);
    if (loose !== undefined) merger.warnings.push(`${loose}.`);
  }
  addBaseUrls(merger.providers, input.env, input.baseUrlVariables);
  return configOf(merger, project, boundary);
}

function configOf(merger: LayerMerger, project: ProjectTrust, boundary: RepositoryBoundary): Config {
  return {
    values: merger.values(),
    origin: (key) => merger.origin(key),
    parts: (key) => merger.parts(key),
    packages: merger.packages,
    warnings: merger.warnings,
    project,
    boundary,
    providers: merger.providers,
  };
}

/** Those in which a key stands as it is, not as the name of a variable or a command. */
function filesWithKeys(providers: Readonly<Record<string, ProviderSettings>>): string[] {
  const files = Object.values(providers).flatMap(({ apiKey }) =>
    apiKey?.origin.file !== undefined && apiKey.origin.kind !== "project" && isLiteral(apiKey.value) ? [apiKey.origin.file] : [],
  );
  return [...new Set(files)];
}

async function remember(project: ProjectTrust, { agentDir }: ConfigInput, merger: LayerMerger): Promise<void> {
  try {
    await saveDecision(project.root ?? "", project.trusted, agentDir, true);
  } catch (error) {
    merger.warnings.push(`The decision about ${project.root} could not be stored: ${messageOf(error)}.`);
  }
}

/** The addresses that the environment sets. */
export function addBaseUrls(
  providers: Record<string, ProviderSettings>,
  env: Env,
  variables: Readonly<Record<string, string>> = baseUrlVariables,
): void {
  for (const [id, variable] of Object.entries(variables)) {
    const value = env[variable];
    if (value) providers[id] = setBaseUrlFromEnvironment(providers[id] ?? emptyProvider(id), value, variable);
  }
}

function addEnvironment(merger: LayerMerger, env: Env): void {
  for (const record of settings) {
    const text = record.env === undefined ? undefined : env[record.env];
    if (!text || record.env === undefined) continue;
    merger.add({ kind: "environment", variable: record.env, tree: {}, flat: { [record.key]: parseValue(record.type, text) } });
  }
}

function reportSkipped(project: ProjectTrust, input: ConfigInput, merger: LayerMerger): void {
  const what = undecidedText(project);
  if (input.strict)
    throw new PiError("config.untrusted", what, {
      hint: "Approve it with --approve, for good with pi trust, or leave it out with --no-approve.",
    });
  if (input.asksLater !== true) merger.warnings.push(`${what} Approve it with --approve, for good with pi trust.`);
}

function reportUnsafe(problem: string, input: ConfigInput, merger: LayerMerger): void {
  if (input.strict) throw new PiError("config.unsafe", problem, { hint: "Leave it out with --no-approve." });
  merger.warnings.push(problem);
}

async function loadTomlLayer(
  kind: "user" | "project",
  file: string,
  merger: LayerMerger,
  boundary?: RepositoryBoundary,
): Promise<Layer | undefined> {
  const found = readBoundedText(file, { boundary });
  if (found === undefined) return undefined;
  if ("leftOut" in found) {
    merger.unreadable(file, `${found.why}.`);
    return undefined;
  }
  return { kind, file, text: found.text, tree: await parseToml(found.text, file) };
}

/** @throws PiError `config.syntax` with line and column. */
export async function parseToml(text: string, file: string): Promise<Record<string, unknown>> {
  const { parse, TomlError } = await import("smol-toml");
  try {
    return parse(text) as Record<string, unknown>;
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    // Only the parser's first line: the rest quotes the file, which may hold a key.
    const reason = error.message
      .split("\n", 1)[0]
      ?.replace(/^Invalid TOML document: /, "")
      .trim();
    throw new PiError("config.syntax", `${file}:${error.line}:${error.column}: not valid TOML: ${reason}.`, { cause: error });
  }
}
