// What a person is told when a service fails: what happened in the service's own sentence, what is done about it, never the record that it came in.

import { expect, test } from "vitest";
import { openInteractive } from "../../support/interactive-screen.ts";
import { type Reply, textReply } from "../../support/rpc-world.ts";

test("tries again, and says why and when; the record of the service is not shown", async () => {
  let calls = 0;
  const reply: Reply = (call) =>
    calls++ === 0
      ? (async function* () {
          const message = '529 {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}';
          yield { type: "failure", failure: { code: "overloaded", message } };
        })()
      : textReply("The answer.")(call);
  const at = await openInteractive({ reply, settings: { retry: { base_delay_ms: 1 } } });
  at.device.keys("a question\r");
  const screen = await at.until((text) => text.includes("The answer.") && !text.includes("stops"), "the answer");
  expect(screen).toMatch(/✗ Overloaded \(529\)\n\n! Trying again \(1\/\d\) in \S+ m?s\n/);
  expect(screen).not.toContain("{");
});

test("a limit that ends a run says so", async () => {
  const reply: Reply = async function* () {
    yield { type: "toolcall_start", contentIndex: 0, id: "call_1", toolName: "ls" };
    yield { type: "toolcall_delta", contentIndex: 0, delta: "{}" };
    yield { type: "toolcall_end", contentIndex: 0 };
    yield { type: "finish", stopReason: "toolUse" };
  };
  const at = await openInteractive({ reply, settings: { limits: { max_turns: 2 } } });
  at.device.keys("a question\r");
  const screen = await at.until((text) => text.includes("Stopped after"), "the limit");
  expect(screen).toMatch(/! Stopped after 2 turns[^\n]*\n/);
});

test("a call in an answer that failed is not under way while the next try is waited for", async () => {
  const reply: Reply = async function* () {
    yield { type: "toolcall_start", contentIndex: 0, id: "call_1", toolName: "bash" };
    yield { type: "toolcall_delta", contentIndex: 0, delta: '{"command":"echo never"}' };
    yield { type: "toolcall_end", contentIndex: 0 };
    yield { type: "failure", failure: { code: "overloaded", message: "Overloaded" } };
  };
  const at = await openInteractive({ reply, settings: { retry: { base_delay_ms: 600_000 } } });
  at.device.keys("a question\r");
  const screen = await at.until((text) => text.includes("trying again in"), "the wait");
  expect(screen).toContain("● bash echo never");
  expect(screen).not.toContain("○");
});
