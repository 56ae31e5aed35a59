// The contract of the shelf `providers/`: one implementation for each wire format.

import type { Api } from "./model.ts";
import type { ModelCall } from "./model-request.ts";
import type { StreamPart } from "./stream-event.ts";

/**
 * Streams one model call; what came in one piece is given in one, since each waits for its turn. Never throws and never rejects: every end is a terminal event. No retries and no timeouts of its own.
 * After `signal` aborts it ends promptly with `failure` code `aborted`.
 */
export interface Provider {
  readonly api: Api;
  stream(call: ModelCall): AsyncIterable<StreamPart>;
}
