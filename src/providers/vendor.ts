// What a vendor's row says, and what several rows say alike. Read by the tables of vendors. Invariant: data, and what follows from it.

import type { Api } from "../contracts/model.ts";
import type { WorkloadVariables } from "../contracts/provider-settings.ts";
import type { VendorDialect } from "./dialect.ts";

export interface Vendor {
  /** For people. */
  name: string;
  /** `{NAME}`: the value of that environment variable, where each customer has an address of his own. */
  baseUrl: string;
  /** Format of models that name none. */
  api: Api;
  /** Environment variables that hold a credential, the one that counts first. */
  credentialVariables: string[];
  /** Those of them that hold a bearer token and not a key. */
  bearerVariables?: string[];
  /** Those of them that hold the token of a subscription, which no call is billed to. */
  planVariables?: string[];
  /** How a workload without a key shows who it is. */
  workload?: WorkloadVariables;
  /** Environment variable that replaces `baseUrl`. */
  baseUrlVariable?: string;
  /** Environment variable with the names that models have at the customer's own: `id=name,id=name`. */
  namesVariable?: string;
  /** Environment variable with the version that requests name as `api-version`, by wire format. */
  versionVariable?: { api: Api; name: string };
  /** A server of one's own, which answers without a credential. */
  keyless?: boolean;
  /** Says at `/models` which models it has loaded, as the router of llama.cpp does. */
  saysLoaded?: true;
  /** What the npm agent calls it. */
  alias?: string;
  /** Sent with every request; names in lower case. */
  headers?: Readonly<Record<string, string>>;
  /** Wants to know who began a turn (`x-initiator`), and whether there are pictures in it. */
  saysInitiator?: true;
  dialect?: VendorDialect;
}

/** The environment variables that a vendor is set up by: its keys, then its address and what else belongs to it. */
export function variablesOf({ baseUrl, credentialVariables, baseUrlVariable, namesVariable, versionVariable }: Vendor): string[] {
  const inAddress = [...baseUrl.matchAll(/\{([A-Z_]+)\}/g)].map((match) => match[1]);
  const all = [...credentialVariables, baseUrlVariable, ...inAddress, namesVariable, versionVariable?.name];
  return all.filter((name) => name !== undefined);
}

/** Chat completions of hosts that serve open models: no developer role, `max_tokens`, nothing stored. */
export const openModelHost = {
  supportsDeveloperRole: false,
  supportsStore: false,
  supportsStrictMode: false,
  maxTokensField: "max_tokens",
  promptCacheKeyMode: "disabled",
  supportsLongCacheRetention: false,
} as const;

export const anthropicImitator = {
  supportsEagerToolInputStreaming: false,
  supportsThinkingDisplay: false,
  supportsJsonSchema: false,
} as const;

export const moonshotDialect = {
  ...openModelHost,
  thinkingFormat: "deepseek",
  supportsReasoningEffort: false,
  requiresReasoningContentOnAssistantMessages: true,
} as const;

export const zaiDialect = {
  ...openModelHost,
  supportsJsonSchema: false,
  supportsReasoningEffort: false,
  thinkingFormat: "zai",
  zaiToolStream: true,
} as const;
