// What a launch would be, without a request: the value behind `pi inspect` and RPC `inspect`. Called by cli and RPC.
// Invariant: credentials by name and source, never by value.

import type { Config } from "../../config/load-config.ts";
import { messageOf } from "../../contracts/error.ts";
import { clampThinkingLevel } from "../../contracts/model.ts";
import { withoutUrlSecrets } from "../../contracts/url-secrets.ts";
import { builtinTools } from "../../tools/registry.ts";
import { promptSections } from "../conversation/system-prompt.ts";
import { ModelRegistry } from "../models/model-registry.ts";
import { selectModel } from "../models/select-model.ts";
import { chooseTools, launchPrompt } from "./launch-prompt.ts";
import { loadResources } from "./launch-resources.ts";
import type { RunOptions } from "./run-options.ts";

export interface Inspection {
  version: string;
  cwd: string;
  agentDir: string;
  model?: {
    provider: string;
    id: string;
    api: string;
    baseUrl: string;
    contextWindow: number;
    maxTokens: number;
    thinkingLevel: string;
    why: string;
  };
  /** Why there is no model to use. */
  modelProblem?: string;
  /** Of the model's provider: where it comes from. */
  credential?: string;
  /** Providers that have a credential, with its source. */
  credentials: { provider: string; source: string }[];
  tools: { name: string; active: boolean }[];
  settings: { key: string; value?: unknown; origin: string }[];
  contextFiles: string[];
  skills: { name: string; path: string }[];
  promptTemplates: { name: string; path: string }[];
  extensions: string[];
  trust: { project?: string; trusted: boolean; decision: string; skipped: string[] };
  /** 0: none. */
  limits: { maxTurns: number; maxCostUsd: number; timeoutMs: number; stallModelMs: number; stallToolMs: number };
  session: { kind: string; directory: string };
  /** The prompt's sections in order, with their length in characters. */
  systemPrompt: { section: string; characters: number }[];
  warnings: string[];
}

export interface InspectDeps {
  config: Config;
  env: Readonly<Record<string, string | undefined>>;
  homeDir: string;
  now(): number;
}

export async function inspectLaunch(options: RunOptions, deps: InspectDeps): Promise<Inspection> {
  const { config, env, homeDir } = deps;
  const warnings = [...config.warnings];
  const warn = (line: string): void => void warnings.push(line);
  const registry = new ModelRegistry({
    config,
    env,
    agentDir: options.agentDir,
    cwd: options.cwd,
    ...(options.apiKey === undefined ? {} : { apiKey: options.apiKey }),
  });
  const { describeConfig } = await import("../../config/describe-config.ts");
  const { describeOrigin } = await import("../../config/settings.ts");
  const { version } = await import("../../contracts/version.ts");
  const { sessionDirectory } = await import("../../session/lines/locate.ts");
  const resources = await loadResources(options.resources, { ...options, homeDir, config, warn });
  const tools = builtinTools();
  const active = chooseTools(tools, { ...options, isStrict: false }, config, warn);
  const prompt = await launchPrompt(options, resources, deps.now());
  const sections = promptSections({ ...prompt, tools: tools.filter((tool) => active.includes(tool.name)) });
  const override = options.sessionDir ?? config.values.sessionDir;
  return {
    version,
    cwd: options.cwd,
    agentDir: options.agentDir,
    ...(await inspectModel(options, registry, config)),
    credentials: registry.availableProviders().flatMap((provider) => {
      const source = registry.credentialSource(provider);
      return source === undefined ? [] : [{ provider, source }];
    }),
    tools: tools.map(({ name }) => ({ name, active: active.includes(name) })),
    settings: describeConfig(config).map(({ key, value, origin }) => ({
      key,
      ...(value === undefined ? {} : { value }),
      origin: describeOrigin(origin),
    })),
    contextFiles: resources.contextFiles.map((file) => file.path),
    skills: resources.skills.map(({ name, path }) => ({ name, path })),
    promptTemplates: (await resources.templates()).map(({ name, path }) => ({ name, path })),
    extensions: [],
    trust: {
      ...(config.project.dir === undefined ? {} : { project: config.project.dir }),
      trusted: config.project.trusted,
      decision: config.project.decision,
      skipped: config.project.skipped,
    },
    limits: { ...options.limits, stallModelMs: options.stall.modelMs, stallToolMs: options.stall.toolMs },
    session: { kind: options.session.kind, directory: sessionDirectory({ cwd: options.cwd, agentDir: options.agentDir, override }) },
    systemPrompt: [...sections].map(([section, text]) => ({ section, characters: text.length })),
    warnings,
  };
}

async function inspectModel(
  options: RunOptions,
  registry: ModelRegistry,
  config: Config,
): Promise<Pick<Inspection, "model" | "modelProblem" | "credential">> {
  try {
    const { model, thinkingLevel, why } = await selectModel(options.model, options.provider, { registry, config, withoutCredential: true });
    const source = registry.credentialSource(model.provider, true);
    const level = options.thinking ?? thinkingLevel ?? config.values.thinking;
    return {
      model: {
        provider: model.provider,
        id: model.id,
        api: model.api,
        baseUrl: withoutUrlSecrets(model.baseUrl),
        contextWindow: model.contextWindow,
        maxTokens: model.maxTokens,
        thinkingLevel: clampThinkingLevel(level, model),
        why,
      },
      ...(source === undefined ? { modelProblem: registry.missingCredential(model.provider).message } : { credential: source }),
    };
  } catch (error) {
    return { modelProblem: messageOf(error) };
  }
}
