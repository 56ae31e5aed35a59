// The catalogue of models: one embedded file a provider, read when asked for; a refreshed copy in the agent directory wins.
// Called by model selection and `pi models`. Invariant: asking for one provider reads one file.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Model } from "../contracts/model.ts";
import { readAsset } from "../platform/assets.ts";

/**
 * Providers that have an embedded file, in the order in which they are listed. Amazon Bedrock and Google Vertex AI are left out: their wire formats
 * and sign-in are their own.
 */
export const embeddedProviders = [
  "anthropic",
  "openai",
  "google",
  "ant-ling",
  "azure",
  "baseten",
  "cerebras",
  "cloudflare-ai-gateway",
  "cloudflare-workers-ai",
  "deepseek",
  "fireworks",
  "github-copilot",
  "groq",
  "huggingface",
  "kimi-coding",
  "meta",
  "minimax",
  "minimax-cn",
  "mistral",
  "moonshotai",
  "moonshotai-cn",
  "nvidia",
  "openai-codex",
  "opencode",
  "opencode-go",
  "openrouter",
  "qwen-token-plan",
  "qwen-token-plan-cn",
  "qwen-token-plan-individual",
  "qwen-token-plan-individual-cn",
  "together",
  "vercel-ai-gateway",
  "xai",
  "xiaomi",
  "xiaomi-token-plan-ams",
  "xiaomi-token-plan-cn",
  "xiaomi-token-plan-sgp",
  "zai",
  "zai-coding-cn",
] as const;

/** Where `pi models refresh` puts what it fetched. */
export function catalogCacheDirectory(agentDir: string): string {
  return join(agentDir, "cache", "catalog");
}

/** Models of a provider; none for one the catalogue does not know. */
export function catalogModels(providerId: string, cacheDir?: string): Model[] {
  const text = catalogText(providerId, cacheDir);
  if (text === undefined) return [];
  return soundModels(text) ?? (cacheDir === undefined ? [] : catalogModels(providerId));
}

function soundModels(text: string): Model[] | undefined {
  try {
    const models = JSON.parse(text) as Partial<Model>[];
    return models.every((model) => typeof model.id === "string") ? (models as Model[]) : undefined;
  } catch {
    return undefined;
  }
}

/** The model of this very id. The files hold one model a line, so that only that line need be read in. */
export function catalogModel(providerId: string, modelId: string, cacheDir?: string): Model | undefined {
  const text = catalogText(providerId, cacheDir);
  const at = text?.indexOf(idText(modelId)) ?? -1;
  if (text === undefined || at < 0) return undefined;
  const lineEnd = text.indexOf("\n", at);
  const line = text.slice(text.lastIndexOf("\n", at) + 1, lineEnd < 0 ? undefined : lineEnd).trimEnd();
  return (
    parseModel(line.endsWith(",") ? line.slice(0, -1) : line, modelId) ??
    catalogModels(providerId, cacheDir).find((model) => model.id === modelId)
  );
}

/** A line of a file in another layout is no model, or not this one. */
function parseModel(line: string, modelId: string): Model | undefined {
  try {
    const model = JSON.parse(line) as Partial<Model>;
    return model.id === modelId ? (model as Model) : undefined;
  } catch {
    return undefined;
  }
}

/** Those of the providers that have a model of this very id: of embedded ones by the list of all ids, of refreshed ones by a search of the text. */
export function catalogHolders(providerIds: readonly string[], modelId: string, cacheDir?: string): string[] {
  const embedded = new Map(Object.entries(JSON.parse(readAsset("model-ids.json")) as Record<string, string[]>));
  const refreshed = new Set(refreshedProviders(cacheDir));
  return providerIds.filter((id) =>
    refreshed.has(id) ? catalogText(id, cacheDir)?.includes(idText(modelId)) : embedded.get(id)?.includes(modelId),
  );
}

function idText(modelId: string): string {
  return `"id":${JSON.stringify(modelId)}`;
}

export function catalogProviders(cacheDir?: string): string[] {
  return [...new Set<string>([...embeddedProviders, ...refreshedProviders(cacheDir)])];
}

/** Whether it is one of them; a directory is read only for one that is not embedded. */
export function isInCatalog(providerId: string, cacheDir?: string): boolean {
  return (embeddedProviders as readonly string[]).includes(providerId) || refreshedProviders(cacheDir).includes(providerId);
}

function refreshedProviders(cacheDir: string | undefined): string[] {
  if (cacheDir === undefined) return [];
  try {
    return readdirSync(cacheDir).flatMap((name) => /^([\w.-]+)\.json$/.exec(name)?.[1] ?? []);
  } catch {
    return [];
  }
}

function catalogText(providerId: string, cacheDir: string | undefined): string | undefined {
  const isEmbedded = (embeddedProviders as readonly string[]).includes(providerId);
  if (!isEmbedded && !/^[a-z0-9][\w.-]*$/i.test(providerId)) return undefined;
  const refreshed = cacheDir === undefined ? undefined : refreshedText(join(cacheDir, `${providerId}.json`));
  if (refreshed !== undefined) return refreshed;
  return isEmbedded ? readAsset(`catalog/${providerId}.json`) : undefined;
}

/** A damaged cache is as good as none: the embedded file is always there. */
function refreshedText(file: string): string | undefined {
  try {
    const text = readFileSync(file, "utf8");
    return text.startsWith("[") && text.trimEnd().endsWith("]") ? text : undefined;
  } catch {
    return undefined;
  }
}
