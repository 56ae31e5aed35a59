// Thirty runs at once in one process, each with extensions, tools, flags, skills and a directory of its own: nothing of one shows in another.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Type } from "typebox";
import { expect, test } from "vitest";
import type { ModelCall } from "../../src/contracts/model-request.ts";
import type { ExtensionFactory } from "../../src/index.ts";
import { callReply, heard, made, resultTexts } from "../support/extension-session.ts";

const count = 30;

/** Says who it is in everything it can say something in. */
function own(index: number, seen: string[]): ExtensionFactory {
  return (pi) => {
    pi.events.on("who", (data) => void seen.push(`heard ${String(data)}`));
    pi.registerTool({
      name: `tool_${index}`,
      label: "Own",
      description: `Tool of ${index}`,
      parameters: Type.Object({}),
      execute: async (_id, _params, _signal, _onUpdate, ctx) => {
        const { stdout } = await pi.exec("sh", ["-c", "pwd; cat name.txt"]);
        pi.events.emit("who", index);
        const others = ctx.tools.map(({ name }) => name).filter((name) => name.startsWith("tool_"));
        return {
          content: [
            { type: "text", text: [index, ctx.cwd, ctx.sessionManager.getCwd(), ...stdout.trim().split("\n"), ...others].join(" ") },
          ],
        };
      },
    });
    pi.on("before_agent_start", ({ systemPromptOptions }) => {
      systemPromptOptions.sections.who = `You are ${index}.`;
    });
    pi.on("tool_call", async ({ toolName }) => {
      await Promise.resolve();
      seen.push(toolName);
    });
    pi.on("agent_before_settle", ({ entries }) => ({ entries: [...entries, { type: "custom", customType: "who", data: index }] }));
    pi.on("agent_settled", (_, ctx) => writeFileSync(join(ctx.cwd, "settled.txt"), String(index)));
  };
}

test("thirty runs with extensions of their own do not mix", async () => {
  const runs = await Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const seen: string[] = [];
      const calls: ModelCall[] = [];
      const one = await made([own(index, seen)], {
        replies: [callReply(`tool_${index}`, {}, `call_${index}`), heard(calls, `answer ${index}`)],
      });
      writeFileSync(join(one.cwd, "name.txt"), `name ${index}`);
      mkdirSync(join(one.home, "agent/skills/same"), { recursive: true });
      writeFileSync(join(one.home, "agent/skills/same/SKILL.md"), `---\nname: same\ndescription: skill of ${index}\n---\n`);
      await one.loader.reload();
      return { ...one, seen, calls };
    }),
  );
  await Promise.all(runs.map(({ session }) => session.prompt("go")));
  for (const [index, { session, cwd, seen, calls, errors }] of runs.entries()) {
    expect(errors).toEqual([]);
    expect(resultTexts(session)).toEqual([`${index} ${cwd} ${cwd} ${cwd} name ${index} tool_${index}`]);
    expect(seen).toEqual([`tool_${index}`, `heard ${index}`]);
    expect(session.getLastAssistantText()).toBe(`answer ${index}`);
    const [call] = calls;
    expect(call?.request.systemPrompt.match(/You are \d+\./g)).toEqual([`You are ${index}.`]);
    expect(call?.request.tools.map(({ name }) => name).filter((name) => name.startsWith("tool_"))).toEqual([`tool_${index}`]);
    const data = session.sessionManager
      .getEntries()
      .flatMap((entry) => (entry.type === "custom" ? [(entry as { data?: unknown }).data] : []));
    expect(data).toEqual([index]);
    expect(readFileSync(join(cwd, "settled.txt"), "utf8")).toBe(String(index));
    expect(runs[index]?.loader.getSkills().skills).toMatchObject([{ name: "same", description: `skill of ${index}` }]);
  }
});
