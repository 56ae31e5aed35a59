// What services of many makers put around their sentence, and the sentence.

import { describe, expect, test } from "vitest";
import { serviceWords, shortFailure } from "../../src/contracts/text/service-words.ts";

test.each<[string, unknown, string]>([
  ["Anthropic", { type: "error", error: { type: "overloaded_error", message: "Overloaded" }, request_id: "req_1" }, "Overloaded"],
  ["OpenAI", { error: { message: "Slow down", type: "tokens", param: null, code: "rate_limit_exceeded" } }, "Slow down"],
  [
    "Google",
    [{ error: { code: 429, message: "Too many\n* of this\n* and that", status: "RESOURCE_EXHAUSTED" } }],
    "Too many * of this * and that",
  ],
  ["Google, of what stands behind it", { error: { message: '{"error":{"code":503,"message":"Busy"}}' } }, "Busy"],
  [
    "OpenRouter",
    { error: { message: "Provider returned error", code: 429, metadata: { raw: "slow down", provider_name: "X" } } },
    "slow down",
  ],
  ["OpenRouter, of a provider that answers in JSON", { error: { message: "E", metadata: { raw: '{"detail":"Not now"}' } } }, "Not now"],
  ["Ollama", { error: "model 'x' not found" }, "model 'x' not found"],
  ["vLLM", { object: "error", message: "too long", code: 400 }, "too long"],
  ["FastAPI", { detail: [{ type: "missing", loc: ["body"], msg: "Field required" }] }, "Field required"],
  ["MiniMax", { base_resp: { status_code: 1004, status_msg: "login fail" } }, "login fail"],
  ["Baidu", { error_code: 17, error_msg: "Open api daily request limit reached" }, "Open api daily request limit reached"],
  ["Cloudflare", { success: false, errors: [{ code: 1, message: "No route" }] }, "No route"],
  ["AWS", { Message: "Denied" }, "Denied"],
])("%s", (_, body, sentence) => {
  expect(serviceWords(`429 ${JSON.stringify(body)}`)).toEqual({ status: 429, sentence });
  expect(serviceWords(JSON.stringify(body))).toEqual({ status: undefined, sentence });
});

describe("where nothing is recognised, nothing is lost", () => {
  test.each([
    ["502 502 Bad gateway", 502, "502 Bad gateway"],
    ['400 {"odd":1}', 400, '{"odd":1}'],
    ['400 {"error":{"message":""}}', 400, '{"error":{"message":""}}'],
    ['400 {"error":{"message":"cut in the mid', 400, '{"error":{"message":"cut in the mid'],
    ["503 status code (no body)", 503, ""],
    ["connect ECONNREFUSED 127.0.0.1:1", undefined, "connect ECONNREFUSED 127.0.0.1:1"],
    ["", undefined, ""],
  ])("%s", (message, status, sentence) => {
    expect(serviceWords(message)).toEqual({ status, sentence });
  });

  test("depth without end", () => {
    let body: unknown = "deep";
    for (let depth = 0; depth < 1000; depth++) body = { error: body };
    expect(serviceWords(JSON.stringify(body)).sentence).toBe(JSON.stringify(body));
  });
});

test("in short", () => {
  expect(shortFailure('429 {"error":{"message":"Slow down."}}')).toBe("Slow down (429)");
  expect(shortFailure("529 status code (no body)")).toBe("status 529");
  expect(shortFailure("other side closed")).toBe("other side closed");
});
