// What the library says of a request that is none, before anything has begun: each field by its name, with its value.

import { expect, test } from "vitest";
import type { RunRequest } from "../../src/runtime/request.ts";
import { ClaudeRuntime, createRuntime, PiRuntime } from "../../src/sdk/runtime.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const tool = { name: "note", description: "Notes.", parameters: { type: "object" }, execute: () => Promise.resolve({ content: [] }) };
const place = () => {
  const workspaceDir = temporaryDirectory();
  return { workspaceDir, options: { env: { HOME: workspaceDir }, config: { model: "demo" }, warn: () => undefined, log: () => undefined } };
};

test.each<[object, RegExp]>([
  [{ prompt: 5 }, /prompt must be a string, and is 5/],
  [{ prompt: undefined }, /prompt is missing/],
  [{ workspaceDir: undefined }, /workspaceDir is missing/],
  [{ sessionKey: null }, /sessionKey is missing/],
  [{ sessionId: 7 }, /sessionId must be a string, and is 7/],
  [{ timeoutMs: Number.NaN }, /timeoutMs must be a number, and is NaN/],
  [{ timeoutMs: -5 }, /timeoutMs must be at least 0, and is -5/],
  [{ timeoutMs: "soon" }, /timeoutMs must be a number, and is "soon"/],
  [{ maxTurns: Number.POSITIVE_INFINITY }, /maxTurns must be a number/],
  [{ thinking: "lots" }, /thinking "lots" is not one of/],
  [{ policy: [{ allow: "read" }] }, /policy\[0\].allow must be an array/],
  [{ context: { channel: 5 } }, /context.channel must be a string/],
  [{ context: [] }, /context must be an object/],
  [{ bootstrap: [{ name: 5 }] }, /bootstrap/],
  [{ bootstrap: true }, /bootstrap must be a list of files, or false/],
  [{ images: [{ type: "image", data: 5, mimeType: "image/png" }] }, /images\[0\].data must be a string/],
  [{ extraTools: [{ ...tool, execute: undefined }] }, /extraTools\[0\].execute must be a function/],
  [{ extraTools: [{}] }, /extraTools\[0\].name is missing/],
  [{ clientTools: [{ name: "x" }] }, /clientTools\[0\].parameters is missing/],
  [{ toolResults: [{ toolCallId: "1", toolName: "x" }] }, /toolResults\[0\].text is missing/],
  [{ replies: { onBlockReply: "send" } }, /replies.onBlockReply must be a function/],
  [{ memoryFeedback: {} }, /memoryFeedback.evaluate must be a function/],
  [{ enqueue: 1 }, /enqueue must be a function/],
  [{ signal: {} }, /signal must be an AbortSignal/],
])("%j is no request, by any runtime", async (wrong, message) => {
  const { workspaceDir, options } = place();
  for (const runtime of [createRuntime(options), new PiRuntime(options), new ClaudeRuntime(options)]) {
    const { outcome } = await runtime.run({ prompt: "hi", workspaceDir, sessionKey: "main", ...wrong } as RunRequest);
    expect(outcome).toMatchObject({ kind: "usage", code: "usage.bad_value", message: expect.stringMatching(message) });
    expect(outcome.hint).toContain("RunRequest");
    await runtime.dispose();
  }
});

test("no request at all is none either, and one with all that it may have is one", async () => {
  const { workspaceDir, options } = place();
  const runtime = createRuntime(options);
  for (const wrong of [undefined, null, "hi"])
    expect((await runtime.run(wrong as never)).outcome).toMatchObject({
      code: "usage.bad_value",
      message: expect.stringContaining("object"),
    });
  const full: RunRequest = {
    prompt: "",
    workspaceDir,
    sessionKey: "main",
    thinking: "off",
    timeoutMs: 0,
    maxTurns: 3,
    maxCostUsd: 0.5,
    context: { channel: "chat", senderIsOwner: false, ownerNumbers: [] },
    policy: [{ allow: ["note"] }],
    bootstrap: false,
    extraTools: [tool],
    clientTools: [],
    verbosity: "on",
    replies: { onBlockReply: () => undefined, blockReplyChunking: { maxChars: 100 } },
    memoryFeedback: { evaluate: () => undefined },
    signal: new AbortController().signal,
  };
  expect((await runtime.run(full)).outcome.kind).toBe("done");
  await runtime.dispose();
});
