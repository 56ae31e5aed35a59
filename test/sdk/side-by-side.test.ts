// Many sessions in one process at the same time, each with everything of its own, ended in every way.

import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createAgentSession, SettingsManager } from "../../src/index.ts";
import { fakeModel, type Reply, textReply } from "../support/rpc-world.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

type Call = [name: string, args: Record<string, unknown>];

/** Turns of tool calls, then a word. */
function script(turns: readonly (readonly Call[])[], seen: string[]): Reply {
  let turn = 0;
  return async function* (call) {
    seen.push(`${call.credential.value} ${call.model.id} ${call.request.thinkingLevel}`);
    const calls = turns[turn++];
    if (calls === undefined) {
      yield* textReply("done")(call);
      return;
    }
    for (const [contentIndex, [toolName, args]] of calls.entries()) {
      yield { type: "toolcall_start", contentIndex, id: `${turn}_${contentIndex}`, toolName };
      yield { type: "toolcall_delta", contentIndex, delta: JSON.stringify(args) };
      yield { type: "toolcall_end", contentIndex };
    }
    yield { type: "finish", stopReason: "toolUse" };
  };
}

const endings = ["by itself", "abort", "dispose", "two at once"] as const;

async function live(index: number, root: string) {
  const home = join(root, `home-${index}`);
  const cwd = join(home, "project");
  mkdirSync(cwd, { recursive: true });
  const seen: string[] = [];
  const steps: Call[][] = [
    [["bash", { command: `pwd > where.txt; echo "$MINE $HOME $PI_MODEL" >> where.txt` }]],
    [["write", { path: "text.txt", content: `one ${index}\n` }]],
    [
      ["edit", { path: "text.txt", edits: [{ oldText: "one", newText: "two" }] }],
      ["bash", { command: "sleep 60 >/dev/null 2>&1 & cat where.txt" }],
    ],
  ];
  const stream = script(steps, seen);
  const level = index % 3 === 0 ? "low" : "high";
  const { session } = await createAgentSession({
    cwd,
    agentDir: join(home, "agent"),
    env: { HOME: home, PATH: process.env.PATH, MINE: `mine-${index}` },
    model: { ...fakeModel, id: `model-${index}` },
    settingsManager: SettingsManager.inMemory({ thinking: level }),
    access: async () => ({
      provider: { api: "fake", stream },
      credential: { scheme: "own", billing: "metered", value: `key-${index}`, source: "given" },
      fetch: globalThis.fetch,
    }),
  });
  const ending = endings[index % endings.length];
  const events: string[] = [];
  const firstTool = new Promise<void>((resolve) => {
    session.subscribe((event) => {
      events.push(event.type);
      if (event.type === "tool_execution_start") resolve();
    });
  });
  const run = session.prompt(`go ${index}`);
  const beside = ending === "two at once" ? session.bash("pwd") : undefined;
  if (ending === "abort" || ending === "dispose") {
    await firstTool;
    await session[ending]();
  }
  const { kind } = await run;
  const output = (await beside)?.output;
  const text = session.getLastAssistantText();
  await Promise.all([session.dispose(), session.dispose()]);
  return { index, ending, home, cwd, seen, level, kind, output, text, lastEvent: events.at(-1), file: session.sessionFile ?? "" };
}

test("fifty of them never touch each other, the process, or its output", async () => {
  const root = temporaryDirectory();
  const before = { env: JSON.stringify(process.env), cwd: process.cwd() };
  const noise: unknown[] = [];
  const onWarning = (warning: Error): unknown => noise.push(warning.message);
  process.on("warning", onWarning);
  onTestFinished(() => void process.off("warning", onWarning));

  const all = await Promise.all(Array.from({ length: 50 }, (_, index) => live(index, root)));

  for (const { index, ending, home, cwd, seen, level, kind, output, text, lastEvent, file } of all) {
    const isCut = ending === "abort" || ending === "dispose";
    expect([index, kind, lastEvent]).toEqual([index, isCut ? "aborted" : "done", "agent_settled"]);
    expect(new Set(seen)).toEqual(new Set([`key-${index} model-${index} ${level}`]));
    const lines = readFileSync(file, "utf8");
    expect(file.startsWith(join(home, "agent"))).toBe(true);
    expect([...lines.matchAll(/home-(\d+)/g)].every(([, other]) => other === String(index))).toBe(true);
    expect(readdirSync(home).sort()).toEqual(["agent", "project"]);
    if (isCut) continue;
    expect(text).toBe("done");
    expect(readFileSync(join(cwd, "where.txt"), "utf8")).toBe(`${cwd}\nmine-${index} ${home} model-${index}\n`);
    expect(readFileSync(join(cwd, "text.txt"), "utf8")).toBe(`two ${index}\n`);
    if (output !== undefined) expect(output.trim()).toBe(cwd);
  }
  expect({ env: JSON.stringify(process.env), cwd: process.cwd() }).toEqual(before);
  expect(noise).toEqual([]);
});
