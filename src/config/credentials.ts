// The credential of a provider: command line, configuration, auth.json, environment, in this order. Called by the harness before a request.
// Invariants: a server that a project file names gets no key but one from the same file; no error carries a key or a command's output.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PiError } from "../contracts/error.ts";
import type { Credential } from "../contracts/model-request.ts";
import type { Env } from "../platform/paths.ts";
import { isTable, type ProviderSettings } from "./provider-settings.ts";
import { isLiteral, readSecretText, variablesIn } from "./secret-text.ts";
import { describeOrigin } from "./settings.ts";

export interface CredentialOptions {
  env: Env;
  config: { providers: Record<string, ProviderSettings> };
  agentDir: string;
  cwd: string;
  /** `--api-key`. */
  apiKey?: string;
  /** The vendor's variables; the first one that is set counts. */
  credentialVariables: readonly string[];
  /** Those of them that hold a bearer token. */
  bearerVariables?: readonly string[];
  /** A server that answers without a credential. */
  keyless?: boolean;
  /** Unix ms, for tokens that expire. */
  now?: number;
}

/** How the `source` of a credential begins that a command gave. */
export const commandSource = "command in ";

const commandTimeoutMs = 30_000;

/**
 * `undefined`: there is none. A provider that only configuration knows, without any key, needs none.
 * @throws PiError `auth.command` when a `!command` gives no key, `auth.foreign_base_url` when `--api-key` would go to a project's server.
 */
export async function resolveCredential(providerId: string, options: CredentialOptions): Promise<Credential | undefined> {
  for (const source of credentialSources(providerId, options)) {
    const value = source.read === undefined ? await runCommand(providerId, source, options) : source.read();
    if (value) return { kind: source.bearer ? "bearer" : "key", value, source: source.name };
  }
  return needsNone(providerId, options) ? { kind: "none", value: "", source: "none needed" } : undefined;
}

/** Whether there would be a credential; reads files, runs nothing. */
export function hasCredential(providerId: string, options: CredentialOptions): boolean {
  return credentialSources(providerId, options).length > 0 || needsNone(providerId, options);
}

/** Where the credential would come from, by name, for `pi inspect`. */
export function credentialSource(providerId: string, options: CredentialOptions): string | undefined {
  return credentialSources(providerId, options)[0]?.name ?? (needsNone(providerId, options) ? "none needed" : undefined);
}

/** Values of headers and the like, with variables filled in and commands run. @throws PiError `auth.command`, `auth.unset_variable`. */
export async function resolveSecretTexts(
  texts: Record<string, string>,
  what: string,
  options: Pick<CredentialOptions, "env" | "cwd">,
): Promise<Record<string, string>> {
  const resolved: Record<string, string> = {};
  for (const [name, written] of Object.entries(texts)) {
    const text = readSecretText(written, options.env);
    if (text.kind === "unset") {
      throw new PiError("auth.unset_variable", `${what} ${name} needs ${text.variable}, which is not set.`, {
        hint: `Set ${text.variable}.`,
      });
    }
    resolved[name] = text.kind === "text" ? text.text : await captureSecret(text.command, `${what} ${name}`, options);
  }
  return resolved;
}

interface CredentialSource {
  name: string;
  bearer: boolean;
  /** Absent for a command. */
  read?: () => string;
  command?: string;
}

/** All that would give one, in order, first wins; only what has a value (or is a command) is listed. */
function credentialSources(providerId: string, options: CredentialOptions): CredentialSource[] {
  const provider = options.config.providers[providerId];
  if (provider?.projectBaseUrlFile !== undefined) return projectSources(provider, provider.projectBaseUrlFile, options);
  const sources: (CredentialSource | undefined)[] = [];
  const bearer = provider?.authHeader === true;
  if (options.apiKey) sources.push(literalSource("--api-key", options.apiKey, bearer));
  const configured = provider?.apiKey;
  const fromConfig =
    configured === undefined ? undefined : writtenSource(describeOrigin(configured.origin), configured.value, bearer, options.env);
  const stored = storedSource(providerId, options, bearer);
  // The npm agent lets auth.json win over its models.json.
  sources.push(...(configured?.origin.kind === "npm agent" ? [stored, fromConfig] : [fromConfig, stored]));
  for (const variable of options.credentialVariables) {
    const value = options.env[variable];
    if (value) sources.push(literalSource(variable, value, bearer || options.bearerVariables?.includes(variable) === true));
  }
  return sources.filter((source) => source !== undefined);
}

function projectSources(provider: ProviderSettings, file: string, options: CredentialOptions): CredentialSource[] {
  if (options.apiKey) {
    throw new PiError("auth.foreign_base_url", `The base URL of ${provider.id} is set by ${file}, so --api-key is not sent there.`, {
      hint: `Set base_url in ${join(options.agentDir, "config.toml")} to use your own key with it.`,
    });
  }
  const key = provider.apiKey;
  return key !== undefined && key.origin.file === file && isLiteral(key.value)
    ? [literalSource(file, readLiteral(key.value), provider.authHeader)]
    : [];
}

function needsNone(providerId: string, options: CredentialOptions): boolean {
  if (options.keyless) return true;
  const provider = options.config.providers[providerId];
  const isKnownVendor = options.credentialVariables.length > 0;
  return provider !== undefined && !isKnownVendor && provider.apiKey === undefined && isReachable(provider);
}

function isReachable(provider: ProviderSettings): boolean {
  return provider.baseUrl !== undefined || provider.models.some((model) => model.baseUrl !== undefined);
}

function literalSource(name: string, value: string, bearer: boolean): CredentialSource {
  return { name, bearer, read: () => value };
}

function readLiteral(written: string): string {
  const text = readSecretText(written, {});
  return text.kind === "text" ? text.text : "";
}

function writtenSource(name: string, written: string, bearer: boolean, env: Env): CredentialSource | undefined {
  if (written === "") return undefined;
  const text = readSecretText(written, env);
  if (text.kind === "unset") return undefined;
  if (text.kind === "command") return { name: `${commandSource}${name}`, bearer, command: text.command };
  const variables = variablesIn(written).map((variable) => `$${variable}`);
  return literalSource(variables.length === 0 ? name : `${variables.join(", ")} in ${name}`, text.text, bearer);
}

/** `auth.json` of the npm agent: `{type: "api_key", key, env?}` or `{type: "oauth", access, expires}`. */
function storedSource(providerId: string, options: CredentialOptions, bearer: boolean): CredentialSource | undefined {
  const stored = loadAuthFile(options.agentDir)?.[providerId];
  if (!isTable(stored)) return undefined;
  if (stored.type === "oauth") {
    const isFresh = typeof stored.expires !== "number" || stored.expires > (options.now ?? Date.now());
    return typeof stored.access === "string" && stored.access !== "" && isFresh
      ? literalSource("auth.json", stored.access, true)
      : undefined;
  }
  if (typeof stored.key !== "string") return undefined;
  const env = isTable(stored.env) ? { ...options.env, ...(stored.env as Record<string, string>) } : options.env;
  return writtenSource("auth.json", stored.key, bearer, env);
}

function loadAuthFile(agentDir: string): Record<string, unknown> | undefined {
  try {
    const json: unknown = JSON.parse(readFileSync(join(agentDir, "auth.json"), "utf8").replace(/^\uFEFF/, ""));
    return isTable(json) ? json : undefined;
  } catch {
    // Absent or damaged: it names no credential, and the error that follows says which variable to set.
    return undefined;
  }
}

async function runCommand(providerId: string, source: CredentialSource, options: CredentialOptions): Promise<string> {
  return captureSecret(source.command ?? "", `The key of ${providerId}`, options);
}

async function captureSecret(command: string, what: string, options: Pick<CredentialOptions, "env" | "cwd">): Promise<string> {
  const { captureCommand } = await import("../platform/capture-command.ts");
  const { exitCode, stdout } = await captureCommand(command, { env: options.env, cwd: options.cwd, timeoutMs: commandTimeoutMs });
  const secret = stdout.trim();
  if (exitCode === 0 && secret !== "") return secret;
  const reason = exitCode === undefined ? "did not end by itself" : exitCode !== 0 ? `exited with code ${exitCode}` : "wrote nothing";
  throw new PiError("auth.command", `${what} comes from a command, and that ${reason}.`, { hint: "Run the command by hand to see why." });
}
