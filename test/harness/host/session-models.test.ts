// The connection that is opened before the first request: one for each service, for the model that is in force in the end, and none where a prompt was quicker.

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { SessionModels } from "../../../src/harness/host/session-models.ts";
import { connectToModel } from "../../../src/harness/models/model-access.ts";

vi.mock("../../../src/harness/models/model-access.ts", () => ({ connectToModel: vi.fn(async () => undefined) }));

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.mocked(connectToModel).mockClear();
});

function sessionWith(baseUrl: string) {
  const coding = { conversation: { model: { id: "m", baseUrl } }, isStreaming: false };
  const deps = { host: { env: {} } } as never;
  return { coding, models: new SessionModels(() => ({ coding, launch: {} }) as never, deps) };
}

const opened = () => vi.mocked(connectToModel).mock.calls.map(([model]) => model.baseUrl);

test("of several changes of the model right behind each other the last one counts", async () => {
  const { coding, models } = sessionWith("http://one:1");
  models.connectAhead();
  coding.conversation.model = { id: "n", baseUrl: "http://two:2" };
  models.connectAhead();
  await vi.runAllTimersAsync();
  expect(opened()).toEqual(["http://two:2"]);
});

test("another model at the same service needs no second one", async () => {
  const { coding, models } = sessionWith("http://one:1");
  for (const id of ["m", "n", "m"]) {
    coding.conversation.model = { id, baseUrl: "http://one:1" };
    models.connectAhead();
    await vi.runAllTimersAsync();
  }
  expect(opened()).toEqual(["http://one:1"]);
});

test("a prompt that was quicker has opened its own", async () => {
  const { coding, models } = sessionWith("http://one:1");
  models.connectAhead();
  coding.isStreaming = true;
  await vi.runAllTimersAsync();
  expect(opened()).toEqual([]);
});
