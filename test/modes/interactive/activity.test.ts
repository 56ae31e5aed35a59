// What stands in the editor's border while something goes on: how much has been said so far, also before a service tells.

import { expect, test } from "vitest";
import type { AgentEvent } from "../../../src/contracts/agent-event.ts";
import { emptyUsage } from "../../../src/contracts/usage.ts";
import { Activity } from "../../../src/modes/interactive/status/activity.ts";

const usage = (output: number) => ({ ...emptyUsage(), output });
const delta = (text: string, told = 0) =>
  ({
    type: "message_update",
    usage: usage(told),
    assistantMessageEvent: { type: "text_delta", contentIndex: 0, delta: text },
  }) as unknown as AgentEvent;
const ended = (output: number) => ({ type: "message_end", message: { role: "assistant", usage: usage(output) } }) as unknown as AgentEvent;

function running(...events: AgentEvent[]): string {
  const activity = new Activity(() => 0);
  for (const event of [{ type: "agent_start" } as AgentEvent, ...events]) activity.take(event);
  return activity.text("").replace(/^\S+ /, "");
}

test("nothing is said of tokens before there are any", () => {
  expect(running()).toBe("working · 0 s");
});

test("text that comes in counts before the service has told of it, and no more once it has", () => {
  expect(running(delta("four"))).toBe("working · 0 s · 1 token");
  expect(running(delta("x".repeat(100), 1), delta("x".repeat(100), 1))).toBe("working · 0 s · 50 tokens");
  expect(running(delta("x".repeat(100), 300))).toBe("working · 0 s · 300 tokens");
});

test("answers that are over count as they were told, all of the run together", () => {
  expect(running(delta("x".repeat(400)), ended(77), delta("x".repeat(40)))).toBe("working · 0 s · 87 tokens");
});

test("an answer of which nothing was told counts as what came in", () => {
  expect(running(delta("x".repeat(400)), ended(0), delta("x".repeat(40), 12))).toBe("working · 0 s · 112 tokens");
});

test("the next run begins anew", () => {
  expect(running(delta("x".repeat(400)), ended(77), { type: "agent_settled" } as AgentEvent, { type: "agent_start" } as AgentEvent)).toBe(
    "working · 0 s",
  );
});

test("thinking is told as long as it goes on", () => {
  const piece = (type: string) =>
    ({ type: "message_update", usage: usage(0), assistantMessageEvent: { type, contentIndex: 0 } }) as unknown as AgentEvent;
  expect(running(piece("thinking_start"))).toBe("thinking · 0 s");
  expect(running(piece("thinking_start"), piece("thinking_end"))).toBe("working · 0 s");
});

test("what comes in between two turns of the indicator does not change its row", () => {
  let now = 0;
  const activity = new Activity(() => now);
  for (const event of [{ type: "agent_start" } as AgentEvent, delta("x".repeat(40))]) activity.take(event);
  const before = activity.text("");
  activity.take(delta("x".repeat(40)));
  expect(activity.text("")).toBe(before);
  now += 150;
  expect(activity.text("")).toContain("20 tokens");
});
