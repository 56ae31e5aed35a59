// Values of options and settings that are in no table of options: models, providers, tools, keys. Called by cli/complete.
// Invariant: loaded when such a value is completed, and then only what it comes from.

import type { Host } from "../platform/host.ts";
import type { CompletedWord } from "./commands/sessions/session-words.ts";

export type CompletedKind = "model" | "models" | "provider" | "tools" | "setting";

export async function valueWords(kind: CompletedKind, current: string, host: Host): Promise<CompletedWord[]> {
  switch (kind) {
    case "model":
      return modelWords(current, host);
    case "models":
      return inList(current, /.*,/, (item) => modelWords(item, host));
    case "provider":
      return providerWords(host);
    case "tools":
      return inList(current, /(?:.*,)?[+-]?/, toolWords);
    case "setting":
      return settingWords();
  }
}

/** What can be used with the credentials there are, or what there is without any; an id by itself once its beginning was typed. */
async function modelWords(current: string, host: Host): Promise<CompletedWord[]> {
  const { openRegistry } = await import("./commands/models.ts");
  const { registry } = await openRegistry(host);
  const available = registry.available();
  const models = available.length > 0 ? available : registry.providers().flatMap((id) => registry.models(id));
  const words = models.map(({ provider, id, name }) => ({ word: `${provider}/${id}`, help: name }));
  const demo = { word: "demo", help: "the embedded model: no network, no cost" };
  const named = words.find(({ word }) => current.startsWith(`${word}:`));
  if (named !== undefined) {
    const { thinkingLevels } = await import("../contracts/model.ts");
    return thinkingLevels.map((level) => ({ word: `${named.word}:${level}`, help: "thinking" }));
  }
  if (current === "" || current.includes("/")) return [demo, ...words];
  return [demo, ...words, ...models.map(({ id, name, provider }) => ({ word: id, help: `${provider}: ${name}` }))];
}

async function providerWords(host: Host): Promise<CompletedWord[]> {
  const { openRegistry } = await import("./commands/models.ts");
  const { registry } = await openRegistry(host);
  return registry.providers().map((id) => ({ word: id, help: registry.isAvailable(id) ? "has credentials" : "" }));
}

async function toolWords(): Promise<CompletedWord[]> {
  const { builtinTools, defaultToolNames } = await import("../tools/registry.ts");
  return builtinTools().map(({ name }) => ({ word: name, help: defaultToolNames.includes(name) ? "on unless taken away" : "" }));
}

async function settingWords(): Promise<CompletedWord[]> {
  const { settings } = await import("../config/settings.ts");
  return settings.map(({ key, description }) => ({ word: key, help: description }));
}

/** Words for the last item; `before` is what stands in front of it. */
async function inList(current: string, before: RegExp, words: (item: string) => Promise<CompletedWord[]>): Promise<CompletedWord[]> {
  const prefix = before.exec(current)?.[0] ?? "";
  return (await words(current.slice(prefix.length))).map(({ word, help }) => ({ word: prefix + word, help }));
}
