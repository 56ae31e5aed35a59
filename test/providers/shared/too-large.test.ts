// Requests larger than a service takes: known before they are sent, in every wire format, and told as what they are too large by.

import { expect, test } from "vitest";
import { loadProvider } from "../../../src/providers/registry.ts";
import { testCall, testModel, testRequest, user } from "../../support/model-calls.ts";

const apis = ["anthropic-messages", "openai-completions", "openai-responses", "google-generative-ai"];
const picture = { type: "image" as const, data: "A".repeat(4000), mimeType: "image/png" };

test.each(apis)("%s", async (api) => {
  const provider = await loadProvider(api);
  let sent = 0;
  const fetch = (async () => {
    sent++;
    return new Response("{}", { status: 400 });
  }) as unknown as typeof globalThis.fetch;
  const ask = async (maxRequestBytes: number, content: Parameters<typeof user>[0]): Promise<unknown> => {
    const model = testModel({ api, inputLimits: { maxRequestBytes } });
    for await (const event of provider.stream(testCall({ model, fetch, request: testRequest({ messages: [user(content)] }) })))
      return event;
    return undefined;
  };
  expect(await ask(3000, "ä".repeat(2000))).toEqual({
    type: "failure",
    failure: { code: "overflow", message: "The request has 0.0 MB, test/test-model takes at most 0.0 MB" },
  });
  expect(await ask(3000, [picture])).toMatchObject({ failure: { code: "image_overflow" } });
  expect(sent).toBe(0);
  expect(await ask(30_000, [picture])).toMatchObject({ failure: { code: "bad_request" } });
  expect(sent).toBe(1);
});
