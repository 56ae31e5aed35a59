// The credential of a provider: command line, configuration, auth.json, environment, in this order. Asked by accounts, which keeps what it gives.
// Invariants: a server that a project file names gets no key but one from the same file; no error carries a key or a command's output.

import { join } from "node:path";
import { PiError } from "../contracts/error.ts";
import type { Credential } from "../contracts/model-request.ts";
import { describeOrigin, isTable, type ProviderSettings, type WorkloadVariables } from "../contracts/provider-settings.ts";
import { isLiteral, isSecretHeader, readSecretText, variablesIn } from "../contracts/text/secret-text.ts";
import type { Env } from "../platform/paths.ts";
import { liveSecrets } from "../platform/secrets.ts";
import { authFilePath, isStoredToken, readAuthFile, type StoredToken } from "./auth-file.ts";
import { hasFlow, isUsableToken } from "./flows/flows.ts";

export interface CredentialOptions {
  env: Env;
  /** What is configured, by provider. */
  providers: Readonly<Record<string, ProviderSettings>>;
  agentDir: string;
  cwd: string;
  /** `--api-key`. */
  apiKey?: string;
  /** The vendor's variables; the first one that is set counts. */
  credentialVariables: readonly string[];
  /** Those of them that hold a bearer token. */
  bearerVariables?: readonly string[];
  /** Those of them that hold a subscription's token. */
  planVariables?: readonly string[];
  /** How a workload without a key shows who it is. */
  workload?: WorkloadVariables | undefined;
  /** A server that answers without a credential. */
  keyless?: boolean;
  /** An extension brings its sign-in. */
  hasOwnFlow?: boolean;
  /** An extension says what its key is. */
  hasOwnKey?: boolean;
  /** Unix ms, for tokens that expire. */
  now?: number;
  /** In place of the account that the configuration names. */
  accountId?: string;
}

/** Of a service that asks for none; what it charges, where it has prices, is charged all the same. */
export const noCredential: Credential = { scheme: "none", billing: "metered", value: "", source: "none needed" };

/** How the `source` of a credential begins that a command gave. */
export const commandSource = "command in ";

const commandTimeoutMs = 30_000;

/** Credentials that a service gives for something else. */
export interface ExchangedCredentials {
  ofToken(accountId: string): Promise<Credential>;
  ofWorkload(variables: WorkloadVariables): Promise<Credential>;
}

/**
 * `undefined`: there is none. A provider that only configuration knows, without any key, needs none.
 * @throws PiError `auth.command` when a `!command` gives no key, `auth.foreign_base_url` when `--api-key` would go to a project's server.
 */
export async function resolveCredential(
  providerId: string,
  options: CredentialOptions,
  { ofToken, ofWorkload }: ExchangedCredentials,
): Promise<Credential | undefined> {
  for (const source of credentialSources(providerId, options, needsNone(providerId, options) ? soundAccount : storedAccount)) {
    if (source.accountId !== undefined) return ofToken(source.accountId);
    if (source.workload !== undefined) return ofWorkload(source.workload);
    const value = source.read === undefined ? await runCommand(providerId, source, options) : source.read();
    if (value) return { scheme: source.scheme, billing: source.billing ?? "metered", value, source: source.name };
  }
  return needsNone(providerId, options) ? noCredential : undefined;
}

/** Whether there would be a credential; reads files, runs nothing. */
export function hasCredential(providerId: string, options: CredentialOptions): boolean {
  return firstSource(providerId, options) !== undefined || needsNone(providerId, options);
}

/** Where the credential would come from, by name, for `pi inspect`. */
export function credentialSource(providerId: string, options: CredentialOptions): string | undefined {
  return firstSource(providerId, options)?.name ?? (needsNone(providerId, options) ? "none needed" : undefined);
}

function firstSource(providerId: string, options: CredentialOptions): CredentialSource | undefined {
  for (const source of credentialSources(providerId, options, soundAccount)) return source;
  return undefined;
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
    const value = text.kind === "text" ? text.text : await captureSecret(text.command, `${what} ${name}`, options);
    for (const variable of variablesIn(written)) liveSecrets.add(options.env[variable] ?? "");
    if (isSecretHeader(name, written, value)) liveSecrets.addHeader(value);
    resolved[name] = value;
  }
  return resolved;
}

interface CredentialSource {
  name: string;
  scheme: "own" | "bearer";
  /** Metered when absent. */
  billing?: Credential["billing"];
  /** Absent for a command. */
  read?: () => string;
  command?: string;
  /** Of a sign-in that is renewed and used by its flow. */
  accountId?: string;
  workload?: WorkloadVariables;
}

/**
 * All that would give one, in order, first wins; only what has a value (or is a command) is listed. `accountOf` is asked when nothing before
 * auth.json gives one: a file that is damaged stops nobody who does not need it.
 */
function* credentialSources(providerId: string, options: CredentialOptions, accountOf: typeof storedAccount): Generator<CredentialSource> {
  const provider = options.providers[providerId];
  if (provider?.projectBaseUrlFile !== undefined) {
    yield* projectSources(provider, provider.projectBaseUrlFile, options);
    return;
  }
  const scheme = schemeOf(provider);
  if (options.apiKey) yield { name: "--api-key", scheme, read: () => options.apiKey ?? "" };
  const configured = provider?.apiKey;
  const fromConfig =
    configured === undefined ? undefined : writtenSource(describeOrigin(configured.origin), configured.value, scheme, options.env);
  // The npm agent lets auth.json win over its models.json.
  const isBehindStored = configured?.origin.kind === "npm agent";
  if (fromConfig !== undefined && !isBehindStored) yield fromConfig;
  const stored = storedSource(providerId, accountOf(providerId, options), options, scheme);
  if (stored !== undefined) yield stored;
  if (fromConfig !== undefined && isBehindStored) yield fromConfig;
  for (const variable of options.credentialVariables) {
    const value = options.env[variable];
    if (!value) continue;
    yield {
      name: variable,
      scheme: options.bearerVariables?.includes(variable) === true ? "bearer" : scheme,
      billing: options.planVariables?.includes(variable) === true ? "plan" : "metered",
      read: () => value,
    };
  }
  const { workload } = options;
  if (workload !== undefined && isWorkload(workload, options.env)) yield { name: workload.rule, scheme: "bearer", workload };
}

/** Whether all is set that it needs. */
function isWorkload({ rule, organization, tokenFile }: WorkloadVariables, env: Env): boolean {
  return [rule, organization, tokenFile].every((name) => (env[name] ?? "") !== "");
}

function projectSources(provider: ProviderSettings, file: string, options: CredentialOptions): CredentialSource[] {
  if (options.apiKey) {
    throw new PiError("auth.foreign_base_url", `The base URL of ${provider.id} is set by ${file}, so --api-key is not sent there.`, {
      hint: `Set base_url in ${join(options.agentDir, "config.toml")} to use your own key with it.`,
    });
  }
  const key = provider.apiKey;
  return key !== undefined && key.origin.file === file && isLiteral(key.value)
    ? [{ name: file, scheme: schemeOf(provider), read: () => readLiteral(key.value) }]
    : [];
}

function needsNone(providerId: string, options: CredentialOptions): boolean {
  if (options.keyless) return true;
  if (options.hasOwnFlow === true || options.hasOwnKey === true) return false;
  const provider = options.providers[providerId];
  const isKnownVendor = options.credentialVariables.length > 0;
  return provider !== undefined && !isKnownVendor && provider.apiKey === undefined && isReachable(provider);
}

function isReachable(provider: ProviderSettings): boolean {
  return provider.baseUrl !== undefined || provider.models.some((model) => model.baseUrl !== undefined);
}

function schemeOf(provider: ProviderSettings | undefined): "own" | "bearer" {
  return provider?.authHeader === true ? "bearer" : "own";
}

function readLiteral(written: string): string {
  const text = readSecretText(written, {});
  return text.kind === "text" ? text.text : "";
}

function writtenSource(name: string, written: string, scheme: "own" | "bearer", env: Env): CredentialSource | undefined {
  if (written === "") return undefined;
  const text = readSecretText(written, env);
  if (text.kind === "unset") return undefined;
  if (text.kind === "command") return { name: `${commandSource}${name}`, scheme, command: text.command };
  const variables = variablesIn(written).map((variable) => `$${variable}`);
  return { name: variables.length === 0 ? name : `${variables.join(", ")} in ${name}`, scheme, read: () => text.text };
}

/** The id in auth.json that a provider's calls are made with. */
export function accountIdOf(providerId: string, { providers, accountId }: Pick<CredentialOptions, "providers" | "accountId">): string {
  const name = providers[providerId]?.account;
  return accountId ?? (name === undefined || name === "" ? providerId : `${providerId}#${name}`);
}

/** What is stored of it. @throws PiError `auth.damaged_file`, `auth.unreadable_file`. */
export function storedAccount(providerId: string, options: CredentialOptions): unknown {
  const accounts = readAuthFile(authFilePath(options.agentDir));
  const id = accountIdOf(providerId, options);
  return accounts !== undefined && Object.hasOwn(accounts, id) ? accounts[id] : undefined;
}

/** The same for those who only look: a damaged file is told when something is to be paid for. */
export function soundAccount(providerId: string, options: CredentialOptions): unknown {
  try {
    return storedAccount(providerId, options);
  } catch {
    return undefined;
  }
}

/** `auth.json` of the npm agent: `{type: "api_key", key, env?}` or `{type: "oauth", access, expires}`. */
function storedSource(
  providerId: string,
  stored: unknown,
  options: CredentialOptions,
  scheme: "own" | "bearer",
): CredentialSource | undefined {
  if (!isTable(stored)) return undefined;
  if (stored.type === "oauth") {
    const accountId = accountIdOf(providerId, options);
    const isUsable = (token: StoredToken): boolean =>
      options.hasOwnFlow === true || isUsableToken(providerId, token, options.providers[providerId]?.oauth ?? {});
    if (isStoredToken(stored) && isUsable(stored)) {
      return { name: "auth.json", scheme: "bearer", accountId };
    }
    // Of a service that has no flow here: good for as long as it lives.
    const isFresh = typeof stored.expires !== "number" || stored.expires > (options.now ?? Date.now());
    const { access } = stored;
    if (hasFlow(providerId) || typeof access !== "string" || access === "" || !isFresh) return undefined;
    const billing = stored.refresh === "" ? "metered" : "plan";
    return { name: "auth.json", scheme: "bearer", billing, read: () => access };
  }
  if (typeof stored.key !== "string") return undefined;
  const env = isTable(stored.env) ? { ...options.env, ...(stored.env as Record<string, string>) } : options.env;
  return writtenSource("auth.json", stored.key, scheme, env);
}

async function runCommand(providerId: string, source: CredentialSource, options: CredentialOptions): Promise<string> {
  return captureSecret(source.command ?? "", `The key of ${providerId}`, options);
}

async function captureSecret(command: string, what: string, options: Pick<CredentialOptions, "env" | "cwd">): Promise<string> {
  const { captureCommand } = await import("../platform/processes/capture-command.ts");
  const { exitCode, stdout } = await captureCommand(command, { env: options.env, cwd: options.cwd, timeoutMs: commandTimeoutMs });
  const secret = stdout.trim();
  liveSecrets.add(secret);
  if (exitCode === 0 && secret !== "") return secret;
  const reason = exitCode === undefined ? "did not end by itself" : exitCode !== 0 ? `exited with code ${exitCode}` : "wrote nothing";
  throw new PiError("auth.command", `${what} comes from a command, and that ${reason}.`, { hint: "Run the command by hand to see why." });
}
