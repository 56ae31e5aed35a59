// Speaks chat completions through the openai package: it builds the request, stream-call sends it and reads the answer. Loaded by the registry.
// Invariant: the SDK's retries, timeouts, logging and environment variables have no say.

import type { ModelCall } from "../../contracts/model-request.ts";
import type { Provider } from "../../contracts/provider.ts";
import { baseUrlWith, completionsDialect } from "../resolve-dialect.ts";
import { affinityHeaders, credentialHeaders, modelHeaders } from "../shared/headers.ts";
import { sendByOpenai } from "../shared/openai-client.ts";
import { streamCall } from "../shared/stream-call.ts";
import { chatDecoder } from "./decode.ts";
import { encodeChat } from "./encode.ts";
import { openaiFailure } from "./failure.ts";

export const completionsProvider: Provider = {
  api: "openai-completions",
  stream(call) {
    return streamCall({
      call,
      encode: encodeChat,
      headers: chatHeaders,
      send: (body, fetch, signal) =>
        sendByOpenai({
          baseUrl: baseUrlWith(call.model.baseUrl, completionsDialect(call.model).versionPath),
          path: "/chat/completions",
          body,
          fetch,
          signal,
        }),
      decoder: chatDecoder(call.model),
      failureOf: openaiFailure,
    });
  },
};

export function chatHeaders(call: ModelCall): Record<string, string> {
  const dialect = completionsDialect(call.model);
  return {
    accept: "text/event-stream",
    ...credentialHeaders(call.credential, dialect.credentialHeader),
    ...(dialect.sendSessionAffinityHeaders ? affinityHeaders(call.request.sessionId, dialect.sessionAffinityFormat, "session_id") : {}),
    ...modelHeaders(call),
  };
}
