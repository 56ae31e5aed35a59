// What the calls of AgentSession take, for callers without types: a row for each. Read by agent-session alone.
// Invariant: a call that may be given nothing wrong has no row.

import type { CheckedCalls } from "./checked-calls.ts";

const said = ["text: string", "images?: pictures"] as const;

export const agentSessionCalls = {
  values: {
    subscribe: ["listener: function"],
    setThinkingLevel: ["level: string"],
    setScopedModels: ["models: objects"],
    setSessionName: ["name: string"],
    setLabel: ["entryId: string", "label?: string"],
    setActiveToolsByName: ["names: strings"],
    getToolDefinition: ["name: string"],
  },
  promises: {
    bindExtensions: ["bindings: object"],
    prompt: ["text: string", "options?: object"],
    steer: said,
    followUp: said,
    sendUserMessage: ["content: content", "options?: object"],
    setModel: ["model: model"],
    compact: ["customInstructions?: string"],
    executeBash: ["command: string", "onChunk?: function", "how?: object"],
    bash: ["command: string", "how?: object"],
    newSession: ["options?: object"],
    navigateTree: ["targetId: string", "options?: object"],
    switchSession: ["sessionPath: string"],
    fork: ["entryId: string"],
    exportToHtml: ["outputPath?: string"],
    exportToJsonl: ["outputPath?: string"],
  },
} as const satisfies CheckedCalls<string, string>;
