// Speaks the Responses API through the openai package: it builds the request, stream-call sends it and reads the answer. Loaded by the registry.
// Invariant: the SDK's retries, timeouts, logging and environment variables have no say; nothing is stored at the service.

import type { ModelCall } from "../../contracts/model-request.ts";
import type { Provider } from "../../contracts/provider.ts";
import { openaiFailure } from "../openai-completions/failure.ts";
import { baseUrlWith, responsesDialect } from "../resolve-dialect.ts";
import { affinityHeaders, credentialHeaders, modelHeaders } from "../shared/headers.ts";
import { sendByOpenai } from "../shared/openai-client.ts";
import { streamCall } from "../shared/stream-call.ts";
import { responsesDecoder } from "./decode.ts";
import { encodeResponses } from "./encode.ts";

export const responsesProvider: Provider = {
  api: "openai-responses",
  stream(call) {
    return streamCall({
      call,
      encode: encodeResponses,
      headers: responsesHeaders,
      send: (body, fetch, signal) =>
        sendByOpenai({
          baseUrl: baseUrlWith(call.model.baseUrl, responsesDialect(call.model).versionPath),
          path: "/responses",
          body,
          fetch,
          signal,
        }),
      decoder: responsesDecoder(call.model),
      failureOf: openaiFailure,
    });
  },
};

export function responsesHeaders(call: ModelCall): Record<string, string> {
  const dialect = responsesDialect(call.model);
  return {
    accept: "text/event-stream",
    ...credentialHeaders(call.credential, dialect.credentialHeader),
    ...affinityHeaders(call.request.sessionId, dialect.sessionAffinityFormat, "session-id"),
    ...modelHeaders(call),
  };
}
