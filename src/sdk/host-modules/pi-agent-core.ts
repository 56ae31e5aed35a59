// `@earendil-works/pi-agent-core` for extensions: types, and a loop that is not the npm agent's, which therefore stands in. Loaded when one imports it.

import { standInClass, standInFunction } from "../npm/stand-in.ts";

export const DEFAULT_AGENT_IDENTITY = {};

// What needs a terminal, or a service that there is none of.
export const Agent = standInClass("Agent");
export const agentLoop = standInFunction("agentLoop");
export const agentLoopContinue = standInFunction("agentLoopContinue");
export const runAgentLoop = standInFunction("runAgentLoop");
export const runAgentLoopContinue = standInFunction("runAgentLoopContinue");
export const runToolCall = standInFunction("runToolCall");
export const setDefaultStreamFn = standInFunction("setDefaultStreamFn");
export const streamProxy = standInFunction("streamProxy");
