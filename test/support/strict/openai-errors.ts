// How OpenAI says no, alike in both of its formats. Used by the two strict servers.

import type { StrictFormat } from "./script.ts";

export const openaiErrors: Pick<StrictFormat, "errorBody" | "errorType"> = {
  errorBody: ({ type, message }) => JSON.stringify({ error: { message, type: "invalid_request_error", param: null, code: type } }, null, 2),
  errorType: (status) =>
    ({
      400: "invalid_value",
      401: "invalid_api_key",
      403: "unsupported_country_region_territory",
      404: "model_not_found",
      413: "request_too_large",
      429: "rate_limit_exceeded",
    })[status] ?? "server_error",
};
