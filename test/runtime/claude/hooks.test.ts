// What a run of Claude Code is answered about its own tools.

import { afterEach, expect, test, vi } from "vitest";
import type { Interceptor } from "../../../src/contracts/interceptor.ts";
import { ClaudeHooks, type ClaudeHooksDeps } from "../../../src/runtime/claude/hooks.ts";

afterEach(() => vi.useRealTimers());

function hooksWith(toolCall: NonNullable<Interceptor["toolCall"]>): { hooks: ClaudeHooks; did: string[] } {
  const did: string[] = [];
  const translation = {
    announced: async (id: string) => void did.push(`announced ${id}`),
    deny: (id: string) => did.push(`denied ${id}`),
    beginBuiltIn: async (id: string) => void did.push(`begun ${id}`),
  };
  const deps = {
    at: { request: { prompt: "x" }, signal: new AbortController().signal, tell: async () => {} },
    conversation: () => ({ interceptor: { name: "guard", toolCall } }),
    translation,
  };
  return { hooks: new ClaudeHooks(deps as unknown as ClaudeHooksDeps), did };
}

const about = { tool_name: "Bash", tool_input: { command: "rm -rf ." } };

test("a guard that never decides has not allowed the call", async () => {
  vi.useFakeTimers();
  const { hooks, did } = hooksWith(() => new Promise(() => {}));
  const answer = hooks.answer("PreToolUse", about, "call1");
  await vi.advanceTimersByTimeAsync(60_000);
  expect(await answer).toMatchObject({
    hookSpecificOutput: { permissionDecision: "deny", permissionDecisionReason: expect.stringContaining("60 s") },
  });
  expect(did).toEqual(["announced call1", "denied call1"]);
});

test("one that has nothing against it lets it begin", async () => {
  const { hooks, did } = hooksWith(async () => undefined);
  expect(await hooks.answer("PreToolUse", about, "call1")).toEqual({});
  expect(did).toEqual(["announced call1", "begun call1"]);
});

test("a sub-agent's call is judged as any other, and is none of the conversation's", async () => {
  const { hooks, did } = hooksWith(async ({ name }) => (name === "Bash" ? { reason: "no" } : undefined));
  const asked = (name: string) => hooks.answer("PreToolUse", { ...about, tool_name: name, agent_id: "a1" }, `call of ${name}`);
  expect(await asked("Read")).toEqual({});
  expect(await asked("Bash")).toMatchObject({ hookSpecificOutput: { permissionDecision: "deny", permissionDecisionReason: "no" } });
  expect(did).toEqual(["denied call of Bash"]);
});
