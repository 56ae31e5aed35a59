// Extensions where another agent has the conversation: their tools and events are there, what needs a session of ours is refused by name.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runtimeWorld } from "../support/runtime-world.ts";

const source = `export default (pi) => {
  const heard = [];
  pi.on("tool_call", ({ toolName }) => void heard.push(toolName));
  const asked = {
    sendUserMessage: () => pi.sendUserMessage("more"),
    sendMessage: () => pi.sendMessage({ customType: "x", content: "more" }),
    appendEntry: () => pi.appendEntry("x", {}),
    setSessionName: () => pi.setSessionName("x"),
    setThinkingLevel: () => pi.setThinkingLevel("high"),
    setModel: (ctx) => pi.setModel(ctx.model ?? { provider: "anthropic", id: "claude-sonnet-4-5" }),
    compact: (ctx) => ctx.compact(),
  };
  pi.registerTool({
    name: "ask",
    description: "Ask for one.",
    parameters: { type: "object", properties: { what: { type: "string" } }, required: ["what"] },
    execute: async (id, { what }, signal, onUpdate, ctx) => {
      const text = await Promise.resolve().then(() => asked[what](ctx)).then(() => "done", (error) => error.code ?? String(error));
      return { content: [{ type: "text", text: what + ": " + text + ", heard " + heard.join() }] };
    },
  });
};`;

test.each(["sendUserMessage", "sendMessage", "appendEntry", "setSessionName", "setThinkingLevel", "setModel", "compact"])(
  "%s is refused in a run of Claude Code, and the run goes on",
  async (what) => {
    const scripts = [{ say: [{ call: "mcp__pi__ask", id: "toolu_1", arguments: { what } }] }, { say: [{ text: "So be it." }] }];
    const world = await runtimeWorld({ kind: "claude", scripts });
    try {
      mkdirSync(join(world.home, ".pi/agent/extensions"), { recursive: true });
      writeFileSync(join(world.home, ".pi/agent/extensions/ask.js"), source);
      const result = await world.runtime.run(world.request());
      expect(result).toMatchObject({ outcome: { kind: "done", text: "So be it." }, toolCalls: [{ tool: "ask", status: "done" }] });
      expect(result.toolCalls[0]?.resultPreview).toBe(`${what}: extension.no_session, heard ask`);
      expect(world.server.requests).toHaveLength(2);
    } finally {
      await world.close();
    }
  },
);

test("in a run of ours the same is done", async () => {
  const call = { say: [{ call: "ask", id: "toolu_1", arguments: { what: "setSessionName" } }] };
  const world = await runtimeWorld({ kind: "pi", scripts: [call, { say: [{ text: "Done." }] }] });
  try {
    mkdirSync(join(world.home, ".pi/agent/extensions"), { recursive: true });
    writeFileSync(join(world.home, ".pi/agent/extensions/ask.js"), source);
    const result = await world.runtime.run(world.request());
    expect(result.toolCalls[0]?.resultPreview).toBe("setSessionName: done, heard ask");
  } finally {
    await world.close();
  }
});
