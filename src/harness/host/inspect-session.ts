// What the next model call of a session would be made of, and where each choice comes from. Called by RPC mode.
// Invariant: the prompt and the tools shown are those of the request; credentials by name and source, never by value.

import type { Inspection } from "./inspect-launch.ts";
import { inspectLaunch } from "./inspect-launch.ts";
import type { SessionHost } from "./session-host.ts";

export interface SessionInspection {
  /** As `pi inspect` has it: what the session was started with. */
  launch: Inspection;
  /** What is in force now. */
  current: {
    model: { provider: string; id: string; api: string; why: string } | null;
    thinkingLevel: string;
    credential: { provider: string; source: string } | null;
    tools: string[];
    systemPrompt: string;
    session: { id: string; file: string | null; name: string | null; isStored: boolean };
  };
}

export async function inspectSession(sessions: SessionHost): Promise<SessionInspection> {
  const { coding, launch, models } = sessions;
  const { session, conversation } = coding;
  const model = models.inForce;
  const source = model ? launch.registry.credentialSource(model.provider, true) : undefined;
  return {
    launch: await inspectLaunch(launch, conversation.deps.clock.now()),
    current: {
      model: model ? { provider: model.provider, id: model.id, api: model.api, why: models.why } : null,
      thinkingLevel: coding.conversation.thinkingLevel,
      credential: model === undefined || source === undefined ? null : { provider: model.provider, source },
      tools: [...coding.conversation.activeToolNames],
      systemPrompt: coding.conversation.request(coding.conversation.messages).systemPrompt,
      session: {
        id: session.id,
        file: session.filePath ?? null,
        name: conversation.name ?? null,
        isStored: session.isPersisted,
      },
    },
  };
}
