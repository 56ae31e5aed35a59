// What services really answer, and what it is called.

import { expect, test } from "vitest";
import type { FailureCode } from "../../../src/contracts/stream-event.ts";
import { anthropicFailure } from "../../../src/providers/anthropic/failure.ts";
import { googleFailure } from "../../../src/providers/google/failure.ts";
import { openaiFailure, openaiStreamFailure } from "../../../src/providers/openai-completions/failure.ts";
import { networkFailure } from "../../../src/providers/shared/http-failure.ts";

const readers = { anthropic: anthropicFailure, openai: openaiFailure, google: googleFailure };
const now = Date.parse("2026-11-21T12:00:00Z");

const anthropic = (type: string, message: string): string => JSON.stringify({ type: "error", error: { type, message } });
const openai = (code: string | null, message: string, type = "invalid_request_error"): string =>
  JSON.stringify({ error: { message, type, code } });
const google = (status: string, message: string, details: unknown[] = []): string =>
  JSON.stringify([{ error: { code: 0, message, status, details } }]);

test.each<[FailureCode, keyof typeof readers, number, string]>([
  ["overflow", "anthropic", 400, anthropic("invalid_request_error", "prompt is too long: 213462 tokens > 200000 maximum")],
  [
    "overflow",
    "anthropic",
    400,
    anthropic("invalid_request_error", "input length and `max_tokens` exceed context limit: 190000 + 64000 > 200000"),
  ],
  [
    "image_overflow",
    "anthropic",
    400,
    anthropic(
      "invalid_request_error",
      "messages.3.content.1.image.source.base64.data: At least one of the image dimensions exceed max allowed size for many-image requests: 2000 pixels",
    ),
  ],
  // The same words of a service that fails are no refusal of the pictures; nor are other words about them.
  [
    "overloaded",
    "anthropic",
    500,
    anthropic(
      "api_error",
      "x.image.source.base64.data: At least one of the image dimensions exceed max allowed size for many-image requests",
    ),
  ],
  [
    "bad_request",
    "anthropic",
    400,
    anthropic("invalid_request_error", "messages.0.content.0.image.source.base64.data: Could not process image"),
  ],
  ["quota", "anthropic", 400, anthropic("invalid_request_error", "Your credit balance is too low to access the Anthropic API.")],
  ["quota", "anthropic", 402, anthropic("billing_error", "There's an issue with your billing")],
  [
    "quota",
    "anthropic",
    400,
    JSON.stringify({
      type: "error",
      error: { type: "invalid_request_error", message: "x", details: { error_code: "enforced_spend_limit_reached" } },
    }),
  ],
  ["overflow", "anthropic", 413, anthropic("request_too_large", "Request exceeds the maximum allowed number of bytes.")],
  ["overloaded", "anthropic", 529, anthropic("overloaded_error", "Overloaded")],
  ["overloaded", "anthropic", 504, "<html><body>Gateway timeout</body></html>"],
  ["overflow", "openai", 400, openai("context_length_exceeded", "Your input exceeds the context window of this model.")],
  [
    "overflow",
    "openai",
    400,
    openai(null, "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens."),
  ],
  ["overflow", "openai", 400, openai(null, "This model's maximum prompt length is 131072 but the request contains 537812 tokens.")],
  ["overflow", "openai", 400, openai(null, "Please reduce the length of the messages or completion.")],
  [
    "overflow",
    "openai",
    400,
    openai("400", "the request exceeds the available context size (4096 tokens), try increasing it", "exceed_context_size_error"),
  ],
  ["overflow", "openai", 400, '{"error":"The number of tokens to keep from the initial prompt is greater than the context length"}'],
  ["overflow", "openai", 400, openai(null, "Invalid request: Your request exceeded model token limit: 262144")],
  [
    "overflow",
    "openai",
    400,
    '{"object":"error","message":"Prompt contains 200000 tokens, too large for model with 131072 maximum context length","type":"invalid_request_error"}',
  ],
  ["overflow", "openai", 400, openai("1261", "Prompt exceeds max length")],
  ["overflow", "openai", 413, ""],
  ["overflow", "openai", 400, openai(null, "Range of input length should be [1, 98304]")],
  ["overflow", "openai", 400, openai(null, "Input length 200000 exceeds the maximum allowed input length of 131072 tokens")],
  ["overflow", "openai", 400, openai(null, "prompt token count of 140000 exceeds the limit of 128000", "model_max_prompt_tokens_exceeded")],
  ["overflow", "openai", 400, openai(null, "prompt token count of 140000 exceeds the limit of 128000")],
  ["overflow", "openai", 400, openai(null, "prompt too long; exceeded max context length by 4001 tokens", "invalid_request_error")],
  ["overflow", "openai", 400, openai(null, "input length exceeds context length")],
  ["overflow", "openai", 500, openai(null, "litellm.ContextWindowExceededError: litellm.BadRequestError", "api_error")],
  [
    "overflow",
    "openai",
    400,
    openai(null, "Input tokens exceed the configured limit of 272000 tokens. Your messages resulted in 300000 tokens."),
  ],
  ["overflow", "openai", 400, openai(null, "The input (9000 tokens) is longer than the model's context length (8192 tokens).")],
  ["overflow", "openai", 400, openai(null, "The decoder prompt (length 9000) is longer than the maximum model length of 8192.")],
  ["overflow", "openai", 400, openai(null, "context window exceeds limit (2013)", "invalid_params")],
  ["overflow", "openai", 422, openai(null, "`inputs` must have less than 4096 tokens. Given: 5000")],
  ["overflow", "openai", 500, openai(null, "input is too large to process. increase the physical batch size", "server_error")],
  ["overflow", "openai", 400, openai(null, "too many tokens: total number of tokens in the prompt cannot exceed 4081")],
  ["overflow", "anthropic", 400, anthropic("invalid_request_error", "input is too long for requested model")],
  ["overflow", "openai", 400, openai(null, "Total tokens of image and text exceed max message tokens.")],
  ["overflow", "openai", 400, openai(null, "the number of input tokens 9000 cannot exceed the total tokens limit 8192 for this model")],
  ["overflow", "openai", 400, openai(null, "Prompt length 9000 is greater than max_seq_len 8192")],
  ["overflow", "openai", 400, openai(null, "The provided prompt is 9000 tokens long, so generating 1000 tokens is not possible")],
  ["overflow", "openai", 400, openai(null, "context_length_exceeded")],
  ["overflow", "openai", 400, openai(null, "model context limit reached")],
  ["overflow", "openai", 400, openai(null, "Conversation too long")],
  ["overflow", "openai", 400, openai(null, "输入长度超过模型最大上下文")],
  ["bad_request", "openai", 400, openai(null, "max_tokens exceeds the limit of 8192")],
  ["bad_request", "openai", 400, openai(null, "The number of output tokens exceeds the limit of 8192")],
  ["quota", "openai", 400, openai(null, "token 额度已超出", "insufficient_quota")],
  ["rate_limited", "openai", 400, openai(null, "Too many requests, please slow down")],
  ["overloaded", "openai", 400, openai(null, "The model is currently overloaded with other requests")],
  ["overloaded", "openai", 400, openai(null, "model is loading")],
  ["overloaded", "openai", 400, openai(null, "The server had an error while processing your request. Sorry about that!")],
  ["overloaded", "openai", 400, openai(null, 'Post "https://a.b/v1": EOF')],
  ["overloaded", "openai", 400, openai(null, "http2: server sent GOAWAY and closed the connection")],
  ["overloaded", "openai", 400, openai(null, "dial tcp 10.0.0.1:443: i/o timeout")],
  ["overloaded", "openai", 400, openai(null, "bad response status code 502", "bad_response_status_code")],
  ["bad_request", "openai", 400, openai(null, "bad response status code 400", "bad_response_status_code")],
  ["quota", "anthropic", 429, anthropic("rate_limit_error", "This request would exceed your account's spend limit")],
  ["quota", "openai", 200, '{"base_resp":{"status_code":2056,"status_msg":"no words for it"}}'],
  ["overflow", "anthropic", 500, anthropic("api_error", "Your input exceeds the context window of this model.")],
  ["overflow", "openai", 413, "failed to parse request"],
  ["overflow", "openai", 413, "<html><h1>413 Request Entity Too Large</h1></html>"],
  ["overflow", "openai", 429, openai("rate_limit_exceeded", "Request too large for gpt-6 on tokens per min (TPM): Limit 30000", "tokens")],
  // What only sounds like it.
  ["bad_request", "openai", 400, openai(null, "max_tokens is too large: 90000. This model supports at most 16384 completion tokens")],
  ["bad_request", "anthropic", 400, anthropic("invalid_request_error", "messages.3.content.0.image: image exceeds 5 MB maximum")],
  ["overloaded", "openai", 504, openai(null, "context deadline exceeded")],
  ["rate_limited", "openai", 429, openai(null, "Too many tokens, please wait before trying again.")],
  // What passes, dressed as the caller's fault.
  ["overloaded", "openai", 400, openai(null, "Unable to forward upstream stream")],
  ["overloaded", "openai", 400, '{"error":{"message":"Provider returned error","code":400,"metadata":{"raw":"ERROR"}}}'],
  ["overloaded", "openai", 403, "upstream connect error or disconnect/reset before headers. reset reason: connection failure"],
  ["overloaded", "openai", 404, "no healthy upstream"],
  ["overloaded", "anthropic", 400, anthropic("invalid_request_error", "write EPIPE")],
  ["overloaded", "openai", 400, openai(null, "read ECONNRESET")],
  ["overloaded", "openai", 400, openai(null, "The service is temporarily unavailable. Please try again later.")],
  ["rate_limited", "openai", 400, '{"__type":"x","error":{"type":"ThrottlingException","message":"Too many requests"}}'],
  // ... unless the maker's own words stand in it.
  ["overflow", "openai", 400, '{"error":{"message":"Provider returned error","code":400,"metadata":{"raw":"prompt is too long: 9 > 8"}}}'],
  ["auth", "openai", 401, '{"error":{"message":"Provider returned error","code":401}}'],
  ["not_found", "openai", 404, openai("model_not_found", "The model is unavailable, try again later")],
  // Limits that hold for hours.
  ["quota", "openai", 429, openai("1308", "Usage limit reached for 5 hour. Your limit will reset at 2026-11-27 03:00:00")],
  ["quota", "anthropic", 429, anthropic("rate_limit_error", "usage limit exceeded (2056)")],
  ["quota", "openai", 429, openai("usage_limit_reached", "The usage limit has been reached")],
  ["quota", "openai", 429, openai(null, "You've reached your weekly usage limit")],
  ["quota", "openai", 402, openai(null, "You have exceeded your monthly included credits")],
  ["auth", "openai", 401, '{"error":{"code":"constructor","type":"__proto__","message":"No"}}'],
  ["quota", "openai", 429, openai("insufficient_quota", "You exceeded your current quota", "insufficient_quota")],
  ["quota", "openai", 402, openai(null, "Insufficient Balance", "unknown_error")],
  ["rate_limited", "openai", 429, openai("rate_limit_exceeded", "Rate limit reached for gpt-5.1 on tokens per min", "tokens")],
  ["overflow", "openai", 413, openai("rate_limit_exceeded", "Request too large for model on tokens per minute (TPM)", "tokens")],
  ["auth", "openai", 401, openai("invalid_api_key", "Incorrect API key provided")],
  ["not_found", "openai", 404, openai("model_not_found", "The model does not exist")],
  ["bad_request", "openai", 422, '{"detail":[{"type":"extra_forbidden","loc":["body","store"]}]}'],
  ["overloaded", "openai", 500, openai(null, "The server had an error", "server_error")],
  ["overloaded", "openai", 502, "Bad gateway"],
  ["auth", "google", 400, google("INVALID_ARGUMENT", "API key not valid.", [{ "@type": "x", reason: "API_KEY_INVALID" }])],
  [
    "overflow",
    "google",
    400,
    google("INVALID_ARGUMENT", "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576)."),
  ],
  [
    "rate_limited",
    "google",
    429,
    google("RESOURCE_EXHAUSTED", "You exceeded your current quota, please check your plan and billing details."),
  ],
  [
    "quota",
    "google",
    429,
    google("RESOURCE_EXHAUSTED", "You exceeded your current quota", [
      { violations: [{ quotaId: "GenerateRequestsPerDayPerProjectPerModel-FreeTier" }] },
    ]),
  ],
  ["overloaded", "google", 503, google("UNAVAILABLE", "The model is overloaded.")],
  ["auth", "google", 403, google("PERMISSION_DENIED", "Denied")],
])("%s: %s %i %s", (code, reader, status, body) => {
  const failure = readers[reader]({ status, headers: new Headers(), body }, now);
  expect(failure).toMatchObject({ code, status });
  expect(failure.message.startsWith(`${status} `)).toBe(true);
});

test("Google tells the pause in the body", () => {
  const body = google("RESOURCE_EXHAUSTED", "Slow", [{ "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "34.5s" }]);
  expect(googleFailure({ status: 429, headers: new Headers(), body }, now).retryAt).toBe(now + 34_500);
});

test("the message is one line: JSON as it is, pages without markup", () => {
  const message = (body: string): string => openaiFailure({ status: 500, headers: new Headers(), body }, now).message;
  expect(message('{"error":{"message":"a  b"}}')).toBe('500 {"error":{"message":"a  b"}}');
  expect(message('{\n  "error": "a"\n}')).toBe('500 {"error":"a"}');
  expect(message("<!DOCTYPE html><html><head><style>p{}</style></head><body>\n<h1>502</h1> Bad  gateway</body></html>")).toBe(
    "500 502 Bad gateway",
  );
  expect(message("")).toBe("500 status code (no body)");
});

test.each([
  ["blanks", `a${" ".repeat(60_000)}b\n${"\n".repeat(5000)}c`, /^500 a +b c$/],
  ["tags that do not end", `<html>gone ${"<".repeat(100_000)}`, /^500 gone </],
  ["scripts that do not end", `<html>gone${"<script>".repeat(50_000)}`, "500 gone"],
  ["blanks in a list that does not end", `[${" ".repeat(1_000_000)}x`, /^500 \[/],
])("the message of a body of many %s costs no time to speak of", (_, body, expected) => {
  expect(openaiFailure({ status: 500, headers: new Headers(), body }, now).message).toMatch(expected);
});

test("of an error as long as a stream may have it, no more is told than of a refusal; its code counts all the same", () => {
  const failure = openaiStreamFailure({ message: "x".repeat(5_000_000), code: "context_length_exceeded" });
  expect(failure.code).toBe("overflow");
  expect(failure.message.length).toBe(64 * 1024);
});

test("a failed connection is told with its cause and code", () => {
  const cause = Object.assign(new Error("other side closed"), { code: "UND_ERR_SOCKET" });
  expect(networkFailure(new TypeError("terminated", { cause })).message).toBe("terminated: other side closed (UND_ERR_SOCKET)");
  const both = new AggregateError([Object.assign(new Error("connect ECONNREFUSED ::1:80"), { code: "ECONNREFUSED" })]);
  expect(networkFailure(new TypeError("fetch failed", { cause: both })).message).toBe("fetch failed: connect ECONNREFUSED ::1:80");
  const bun = Object.assign(new Error("Unable to connect. For more information, pass `verbose: true` in the second argument to fetch()"), {
    code: "ConnectionRefused",
  });
  expect(networkFailure(bun, "http://joe:pass@127.0.0.1:1/v1").message).toBe("Unable to connect. (ConnectionRefused) (127.0.0.1:1)");
  const asks = new Error("Unable to connect. Is the computer able to access the url?");
  expect(networkFailure(asks, "http://127.0.0.1:1/v1").message).toBe("Unable to connect (127.0.0.1:1)");
  expect(networkFailure("odd").message).toBe("the connection failed");
});

test("where nobody listens on this machine is told; not what refused elsewhere, or failed otherwise", () => {
  const failed = (code: string, more: object = {}): Error => Object.assign(new Error("x"), { code, ...more });
  const at = (error: Error, baseUrl?: string): string | undefined => {
    const { unreachable } = networkFailure(error, baseUrl);
    return unreachable?.lacks === "listener" ? unreachable.address : undefined;
  };
  expect(at(failed("ConnectionRefused"), "http://127.0.0.1:11434/v1")).toBe("127.0.0.1:11434");
  expect(at(failed("ECONNREFUSED"), "http://localhost:1/v1")).toBe("localhost:1");
  expect(at(failed("ECONNREFUSED"), "http://[::1]:1/v1")).toBe("[::1]:1");
  expect(at(failed("ECONNREFUSED"), "http://0.0.0.0:1/v1")).toBe("0.0.0.0:1");
  // The proxy is it, whatever was to be reached through it.
  expect(at(failed("ECONNREFUSED", { address: "127.0.0.1", port: 3128 }), "https://api.example.com/v1")).toBe("127.0.0.1:3128");
  expect(at(failed("ECONNREFUSED", { address: "::1", port: 3128 }), "https://api.example.com/v1")).toBe("[::1]:3128");
  expect(at(failed("ECONNREFUSED", { address: "10.0.0.1", port: 3128 }), "http://localhost:1/v1")).toBeUndefined();
  for (const url of ["http://10.0.0.1:1", "http://localhost.example.com:1", "http://127.0.0.1.example.com", "https://api.example.com"])
    expect(at(failed("ECONNREFUSED"), url)).toBeUndefined();
  expect(at(failed("ECONNRESET"), "http://127.0.0.1:1")).toBeUndefined();
});

test("a name that there is not is told, the proxy's too; not one about which nobody could be asked", () => {
  const failed = (code: string, host: string): Error => Object.assign(new Error(`getaddrinfo ${code} ${host}`), { code });
  const nested = new TypeError("fetch failed", { cause: failed("ENOTFOUND", "api.exampel.com") });
  for (const error of [nested, failed("ENOTFOUND", "api.exampel.com")])
    expect(networkFailure(error, "https://api.exampel.com/v1").unreachable).toEqual({ lacks: "name", address: "api.exampel.com" });
  expect(networkFailure(failed("ENOTFOUND", "proxy"), "http://localhost:1").unreachable).toEqual({ lacks: "name", address: "proxy" });
  expect(networkFailure(failed("EAI_AGAIN", "api.example.com"), "https://api.example.com").unreachable).toBeUndefined();
});

test("a certificate that nobody vouches for, and a port without TLS, do not change by another try", () => {
  const lacks = (code: string, url: string): object | undefined => networkFailure(Object.assign(new Error("x"), { code }), url).unreachable;
  for (const code of [
    "DEPTH_ZERO_SELF_SIGNED_CERT",
    "SELF_SIGNED_CERT_IN_CHAIN",
    "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
    "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
    "CERT_HAS_EXPIRED",
    "ERR_TLS_CERT_ALTNAME_INVALID",
  ])
    expect(lacks(code, "https://api.example.com/v1")).toEqual({ lacks: "trust", address: "api.example.com" });
  expect(lacks("ERR_SSL_WRONG_VERSION_NUMBER", "https://10.0.0.1:80")).toEqual({ lacks: "tls", address: "10.0.0.1:80" });
  expect(lacks("EPROTO", "https://localhost:80/v1")).toEqual({ lacks: "tls", address: "localhost:80" });
  expect(lacks("EPROTO", "https://api.example.com")).toBeUndefined();
});
