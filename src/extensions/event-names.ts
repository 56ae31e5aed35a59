// The names of the events that extensions can listen to, as they are at run time: extensions are often written without types. Read where an
// extension registers a handler, and where an event is told. Invariant: loaded only where there are extensions.

import type { AgentEvent, EventNameHeardAlike } from "../contracts/agent-event.ts";
import type { ExtensionEventName, OwnExtensionEvents } from "../contracts/extension-event.ts";

const own: Record<keyof OwnExtensionEvents, true> = {
  session_start: true,
  session_shutdown: true,
  session_before_switch: true,
  session_before_fork: true,
  session_before_compact: true,
  session_compact: true,
  session_compact_failed: true,
  session_before_tree: true,
  session_tree: true,
  session_info_changed: true,
  resources_discover: true,
  agent_bootstrap: true,
  input: true,
  before_agent_start: true,
  turn_start: true,
  turn_end: true,
  agent_before_settle: true,
  message_update: true,
  message_end: true,
  tool_call: true,
  tool_result: true,
  context: true,
  model_select: true,
  thinking_level_select: true,
  project_trust: true,
  context_with_system: true,
  before_provider_headers: true,
  before_provider_request: true,
  after_provider_response: true,
  provider_stream_event: true,
  user_bash: true,
  ui_prompt_start: true,
  ui_prompt_end: true,
  mcp_servers_change: true,
  cache_warming_decision: true,
};

/** By name, and not from the table of events, whose schemas would be made at every start with extensions. */
const heardAlike: Record<EventNameHeardAlike, true> = {
  agent_start: true,
  agent_end: true,
  agent_settled: true,
  message_start: true,
  tool_execution_start: true,
  tool_execution_update: true,
  tool_execution_end: true,
};

export const extensionEventNames = [...Object.keys(own), ...Object.keys(heardAlike)] as readonly ExtensionEventName[];

/** Whether extensions are told this one just as it is. */
export function isHeardAlike(event: AgentEvent): event is Extract<AgentEvent, { type: EventNameHeardAlike }> {
  return Object.hasOwn(heardAlike, event.type);
}
