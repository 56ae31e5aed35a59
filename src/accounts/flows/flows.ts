// The shelf of flows: one record a service, loaded when its account is signed in, renewed or used. Called by accounts and `pi auth`.

import type { StoredToken } from "../auth-file.ts";
import type { Flow, FlowEndpoints } from "./flow.ts";

interface FlowRecord {
  load(): Promise<{ flow: Flow }>;
  /** Whether a stored sign-in may be used at all; absent: every one. */
  isUsable?(token: StoredToken, endpoints: FlowEndpoints): boolean;
}

const flows: Record<string, FlowRecord> = {
  // Its terms reserve the plans for its own programs: only what a client of the user's own has signed in is used.
  anthropic: {
    load: () => import("./anthropic.ts"),
    isUsable: ({ clientId }, endpoints) => endpoints.clientId !== undefined && clientId === endpoints.clientId,
  },
  "github-copilot": { load: () => import("./github-copilot.ts") },
  openai: { load: () => import("./openai.ts") },
  "openai-codex": { load: () => import("./openai-codex.ts") },
  openrouter: { load: () => import("./openrouter.ts") },
  xai: { load: () => import("./xai.ts") },
};

/** Providers with a sign-in. */
export const flowProviders: readonly string[] = Object.keys(flows);

export function hasFlow(provider: string): boolean {
  return Object.hasOwn(flows, provider);
}

export function isUsableToken(provider: string, token: StoredToken, endpoints: FlowEndpoints): boolean {
  const record = hasFlow(provider) ? flows[provider] : undefined;
  return record !== undefined && (record.isUsable?.(token, endpoints) ?? true);
}

export async function loadFlow(provider: string): Promise<Flow | undefined> {
  return hasFlow(provider) ? (await flows[provider]?.load())?.flow : undefined;
}
