// What is configured of a provider, and where a configured value came from: made by config, read by accounts, which pays, and by the harness,
// which makes models of it. Types and pure functions.

import type { ThinkingLevel } from "./model.ts";
import type { Prices } from "./usage.ts";

/** Where a value came from. `line` counts from 1. */
export interface SettingOrigin {
  kind: "default" | "user" | "project" | "environment" | "command line" | "npm agent";
  file?: string;
  line?: number;
  variable?: string;
}

/** `~/.pi/agent/config.toml:12`, `PI_OFFLINE`, `default`. */
export function describeOrigin(origin: SettingOrigin): string {
  if (origin.variable !== undefined) return origin.variable;
  if (origin.file === undefined) return origin.kind;
  return origin.line === undefined ? origin.file : `${origin.file}:${origin.line}`;
}

export interface Sourced<T> {
  value: T;
  origin: SettingOrigin;
}

/** Addresses and names of a sign-in. */
export interface FlowEndpoints {
  authorizeUrl?: string;
  tokenUrl?: string;
  deviceUrl?: string;
  baseUrl?: string;
  clientId?: string;
  scope?: string;
  issuer?: string;
  jwksUrl?: string;
  exchangeUrl?: string;
}

/** A model as configuration describes it; what is absent comes from the catalogue or from defaults. */
export interface ModelSettings {
  id: string;
  name?: string;
  api?: string;
  baseUrl?: string;
  reasoning?: boolean;
  input?: ("text" | "image")[];
  contextWindow?: number;
  maxTokens?: number;
  cost?: Partial<Prices>;
  thinkingLevelMap?: Partial<Record<ThinkingLevel, string | null>>;
  /** As written: literals, `$ENV` or `!command`. */
  headers?: Record<string, string>;
  dialect?: Record<string, unknown>;
  samplingParams?: Record<string, unknown>;
  samplingParamsByThinkingLevel?: Partial<Record<ThinkingLevel, Record<string, unknown>>>;
}

export interface ProviderSettings {
  id: string;
  name?: string;
  api?: string;
  baseUrl?: Sourced<string>;
  /** As written: a literal, `$ENV` or `!command`. */
  apiKey?: Sourced<string>;
  /** Send the key as `Authorization: Bearer`. */
  authHeader: boolean;
  /** As written. */
  headers: Record<string, string>;
  dialect: Record<string, unknown>;
  models: ModelSettings[];
  modelOverrides: Record<string, Omit<ModelSettings, "id">>;
  /** Name of the stored account that is used; default: the one stored under the provider's own id. */
  account?: string;
  /** Of a sign-in, in place of the service's own; `$NAME` filled in. Of the user's file alone. */
  oauth?: FlowEndpoints;
  /** The project file that set a base URL in force: only a key of the same file may go there. */
  projectBaseUrlFile?: string;
}

/** A table of a file of settings, as against a list, a date or a plain value. */
export function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

/** Environment variables by which a workload shows who it is, and where it gets a token for that. */
export interface WorkloadVariables {
  rule: string;
  organization: string;
  /** A file: the platform writes another token there before the old one ends. */
  tokenFile: string;
  /** Need not be set. */
  serviceAccount: string;
  workspace: string;
  tokenUrl: string;
  /** Where requests with the token go. */
  baseUrl: string;
}
