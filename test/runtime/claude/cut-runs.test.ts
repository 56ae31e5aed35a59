// Whole runs of a child that dies behind each line of its stream: one outcome each, what has begun ends, and nothing of it goes on.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { textResult } from "../../../src/contracts/tool.ts";
import type { HostEvent } from "../../../src/runtime/request.ts";
import { streams } from "../../support/claude-records.ts";
import { runtimeWorld } from "../../support/runtime-world.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

test.each(Object.keys(streams))("%s", async (name) => {
  const records = streams[name] ?? [];
  const file = join(temporaryDirectory(), "records.jsonl");
  const world = await runtimeWorld({
    kind: "claude",
    scripts: [{ say: [{ text: "asked by nobody" }] }],
    claudeArgs: ["--records", file, "--then", "die"],
  });
  try {
    for (let at = 0; at <= records.length; at++) {
      writeFileSync(
        file,
        records
          .slice(0, at)
          .map((record) => `${JSON.stringify(record)}\n`)
          .join(""),
      );
      const lives: unknown[] = [];
      const replies = { onAgentEvent: ({ stream, data }: HostEvent) => void (stream === "lifecycle" && lives.push(data.phase)) };
      const run = world.runtime.start(world.request({ isFresh: true, replies }));
      const types: string[] = [];
      run.subscribe(({ type }) => void types.push(type));
      const { outcome, hasDelivered } = await run.result;
      const isWhole = at === records.length;
      if (!isWhole) expect([at, outcome.kind, outcome.code]).toEqual([at, "error", "runtime.crashed"]);
      else expect([at, outcome.kind]).toEqual([at, name === "refused" ? "error" : "done"]);
      expect(lives).toEqual(["start", isWhole && name !== "refused" ? "end" : "error"]);
      expect([types[0], types.at(-1), hasDelivered]).toEqual(["agent_start", "agent_settled", false]);
      const count = (type: string): number => types.filter((one) => one === type).length;
      expect(count("message_start")).toBe(count("message_end"));
      expect(count("tool_execution_start")).toBe(count("tool_execution_end"));
    }
    expect(world.server.requests).toEqual([]);
  } finally {
    await world.close();
  }
});

test("a message in between that cannot be taken is told, and neither ends the run nor the process", async () => {
  const scripts = [{ say: [{ call: "mcp__pi__interrupt", id: "toolu_1", arguments: {} }] }, { say: [{ text: "Done." }] }];
  const world = await runtimeWorld({ kind: "claude", scripts });
  try {
    const interrupt = {
      name: "interrupt",
      description: "Says something in between.",
      parameters: { type: "object", properties: {} },
      execute: async () => {
        run.steer("look", [null as never]);
        return textResult("ok");
      },
    };
    const run = world.runtime.start(world.request({ extraTools: [interrupt] }));
    expect((await run.result).outcome).toMatchObject({ kind: "done", text: "Done." });
    expect(world.warnings).toEqual([expect.stringMatching(/^A message for run \S+ was lost: /)]);
  } finally {
    await world.close();
  }
});
