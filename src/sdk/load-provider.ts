// A wire format for embedders, who read its events one by one. Exported by ai.ts.

import type { Api } from "../contracts/model.ts";
import type { ModelCall } from "../contracts/model-request.ts";
import type { Provider } from "../contracts/provider.ts";
import { eachEvent, type StreamEvent } from "../contracts/stream-event.ts";
import { loadProvider as loadFormat } from "../providers/registry.ts";

export interface EventProvider extends Provider {
  stream(call: ModelCall): AsyncIterable<StreamEvent>;
}

/** Throws PiError `model.unknown_api`. */
export async function loadProvider(api: Api): Promise<EventProvider> {
  const provider = await loadFormat(api);
  return { ...provider, stream: (call) => eachEvent(provider.stream(call), call.signal) };
}
