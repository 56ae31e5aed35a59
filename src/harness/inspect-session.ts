// What the next model call would be made of, and where each choice comes from. Called by RPC mode.
// Invariant: the prompt and the tools shown are those of the request; credentials by name and source, never by value.

import { describeOrigin, settings } from "../config/settings.ts";
import { sessionPlace } from "./open-session.ts";
import type { SessionHost } from "./session-host.ts";

export function inspectSession(sessions: SessionHost): Record<string, unknown> {
  const { coding, registry, workspace, hasModel } = sessions;
  const { options, deps } = workspace;
  const { session, model } = coding;
  const { config } = deps;
  const request = coding.request(coding.messages);
  const source = hasModel ? registry.credentialSource(model.provider, true) : undefined;
  return {
    cwd: options.cwd,
    agentDir: options.agentDir,
    model: hasModel ? { provider: model.provider, id: model.id, api: model.api, why: sessions.modelWhy } : null,
    thinkingLevel: coding.thinkingLevel,
    credential: source === undefined ? null : { provider: model.provider, source },
    session: {
      id: session.id,
      file: session.filePath ?? null,
      name: sessions.sessionName ?? null,
      directory: sessionPlace(options, config).directory,
      isStored: session.isPersisted,
    },
    tools: [...coding.activeToolNames],
    systemPrompt: request.systemPrompt,
    project: { dir: config.project.dir ?? null, isTrusted: config.project.trusted, skipped: config.project.skipped },
    limits: options.limits,
    settings: settings.map(({ key, property }) => ({
      key,
      value: valueAt(config.values, property) ?? null,
      origin: describeOrigin(config.origin(key)),
    })),
  };
}

function valueAt(values: object, property: string): unknown {
  return property.split(".").reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], values);
}
