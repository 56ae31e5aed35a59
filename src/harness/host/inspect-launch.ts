// A launch as people and programs read it, without a request: the value behind `pi inspect` and RPC `inspect`. Called by cli and inspect-session.
// Invariant: only what the launch holds is shown, so that it is what a start has in force; credentials by name and source, never by value.

import { skippedNames } from "../../config/trust.ts";
import { defined } from "../../contracts/defined.ts";
import { messageOf } from "../../contracts/error.ts";
import { clampThinkingLevel } from "../../contracts/model.ts";
import { withoutUrlSecrets } from "../../contracts/text/url-secrets.ts";
import type { SessionContext } from "../../session/tree/session.ts";
import { promptSections } from "../conversation/system-prompt.ts";
import { type ChosenModel, chooseModel, startingScope } from "../launch/choose-model.ts";
import type { Launch } from "../launch/launch.ts";
import { launchPrompt } from "../launch/launch-prompt.ts";
import type { ContinuedSession } from "../launch/open-session.ts";
import { selectModel } from "../models/select-model.ts";
import { nameOf } from "../recovery/fallback.ts";
import { type InspectedTheme, inspectThemes } from "./inspect-themes.ts";
import { sessionExtensions, sessionTools, toolsOf } from "./start-session.ts";

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
  themes: InspectedTheme[];
  trust: { project?: string; trusted: boolean; decision: string; skipped: string[] };
  /** 0: none. */
  limits: { maxTurns: number; maxCostUsd: number; timeoutMs: number; stallModelMs: number; stallToolMs: number };
  /** `file`: of the session that is gone on with, or copied. */
  session: { kind: string; directory: string; file?: string };
  /** The prompt's sections in order, with their length in characters. */
  systemPrompt: { section: string; characters: number }[];
  /** Switches said and settings set that have nothing to act on, the settings with their origin. */
  idle: string[];
  warnings: string[];
}

/** As a start does it before it chooses a model; a session that has started has done so. */
export async function registerProviders({ parts, registry }: Launch): Promise<void> {
  if (parts === undefined) return;
  (await sessionExtensions(parts.extensions)).registerProviders(registry);
  await registry.learned();
}

/** `continued`: what a session that is gone on with says of itself. */
export async function inspectLaunch(launch: Launch, nowMs: number, continued?: ContinuedSession): Promise<Inspection> {
  const { options, config, registry, resources, parts, limits, stall } = launch;
  const warnings: string[] = [];
  const { describeConfig } = await import("../../config/describe-config.ts");
  const { describeOrigin } = await import("../../contracts/provider-settings.ts");
  const { findSetting } = await import("../../config/settings.ts");
  const { version } = await import("../../contracts/version.ts");
  const { sessionPlace } = await import("../launch/open-session.ts");
  const bound = parts && (await sessionExtensions(parts.extensions));
  const lenient = { ...launch, options: { ...options, isStrict: false } };
  const { tools, active } = sessionTools(
    lenient,
    bound,
    (line) => void warnings.push(line),
    continued && toolsOf(continued.context.messages),
  );
  const prompt = await launchPrompt(options, resources, nowMs);
  const sections = promptSections({ ...prompt, tools: tools.filter((tool) => active.includes(tool.name)) });
  const templates = (await resources.templates()).map(({ name, path }) => ({ name, path }));
  const described = describeConfig(config).map(({ key, value, origin }) => ({
    key,
    ...defined({ value }),
    origin: describeOrigin(origin),
    isIdle: origin.kind !== "default" && findSetting(key)?.isIdle === true,
  }));
  return {
    version,
    cwd: options.cwd,
    agentDir: options.agentDir,
    ...(await inspectModel(launch, continued?.context, (line) => void warnings.push(line))),
    credentials: registry.availableProviders().flatMap((provider) => {
      const source = registry.credentialSource(provider);
      return source === undefined ? [] : [{ provider, source }];
    }),
    tools: tools.map(({ name }) => ({ name, active: active.includes(name) })),
    settings: described.map(({ isIdle: _, ...one }) => one),
    contextFiles: resources.contextFiles.map((file) => file.path),
    skills: resources.skills.map(({ name, path }) => ({ name, path })),
    promptTemplates: templates,
    extensions: parts?.extensions.extensions.flatMap(({ hidden, path }) => (hidden ? [] : path)) ?? [],
    themes: await inspectThemes(resources.themes, config.values.theme),
    trust: {
      ...defined({ project: config.project.dir }),
      trusted: config.project.trusted,
      decision: config.project.decision,
      skipped: skippedNames(config.project),
    },
    limits: { ...limits, stallModelMs: stall.modelMs, stallToolMs: stall.toolMs },
    session: {
      kind: options.session.kind,
      directory: sessionPlace(options, config).directory,
      ...(continued && { file: continued.path }),
    },
    systemPrompt: [...sections].map(([section, text]) => ({ section, characters: text.length })),
    idle: [...options.idle, ...described.flatMap(({ isIdle, key, origin }) => (isIdle ? `${key} (${origin})` : []))],
    warnings: [...launch.warnings, ...warnings],
  };
}

async function inspectModel(
  launch: Launch,
  recorded: SessionContext | undefined,
  warn: (line: string) => void,
): Promise<Pick<Inspection, "model" | "modelProblem" | "credential">> {
  const { options, registry, config } = launch;
  try {
    const { model, thinkingLevel, why, warning }: ChosenModel =
      recorded?.model === undefined
        ? (startingScope(launch).first ??
          (await selectModel(options.model, options.provider, {
            registry,
            config,
            withoutCredential: true,
            mustBeListed: options.isStrict,
          })))
        : await chooseModel(launch, recorded.model, { mayLackModel: true });
    if (warning !== undefined) warn(warning);
    const source = registry.credentialSource(model.provider, true);
    const level =
      options.thinking ??
      thinkingLevel ??
      recorded?.thinkingLevel ??
      config.values.modelThinkingLevels[nameOf(model)] ??
      config.values.thinking;
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
