// `@earendil-works/pi-agent-core` for extensions: the agent loop by itself. Loaded when one imports it.

import { standInFunction } from "../npm/stand-in.ts";

export { Agent } from "../npm/agent-core.ts";
export { agentLoop, agentLoopContinue, runAgentLoop, runAgentLoopContinue, setDefaultStreamFn } from "../npm/agent-loop.ts";

export const DEFAULT_AGENT_IDENTITY = {};

// What needs a service that there is none of.
export const runToolCall = standInFunction("runToolCall");
export const streamProxy = standInFunction("streamProxy");
