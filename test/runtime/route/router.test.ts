// The router at work: a change of the configuration is a change of who carries out the next run, and of no run under way.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { textResult } from "../../../src/contracts/tool.ts";
import { runtimeWorld } from "../../support/runtime-world.ts";

test("a run under way stays where it is, the next one goes by the edited file, and the log names both", async () => {
  const scripts = [{ say: [{ call: "edit_file", arguments: {} }] }, { say: [{ text: "Yes." }] }];
  const world = await runtimeWorld({ kind: "pi", scripts });
  const edit = {
    name: "edit_file",
    description: "Change the configuration.",
    parameters: { type: "object", properties: {} },
    execute: async () => {
      writeFileSync(join(world.home, ".pi/agent/config.toml"), '[groups.main]\nruntime = "claude"\n');
      return textResult("ok");
    },
  };
  try {
    expect(await world.runtime.run(world.request({ extraTools: [edit] }))).toMatchObject({ runtime: "pi", outcome: { kind: "done" } });
    expect(await world.runtime.run(world.request())).toMatchObject({ runtime: "claude", outcome: { kind: "done" } });
    expect(world.log.map(({ event, engine, from, to }) => ({ event, engine, from, to }))).toEqual([
      { event: "run", engine: "pi", from: undefined, to: undefined },
      { event: "runtime_changed", engine: undefined, from: "pi", to: "claude" },
      { event: "run", engine: "claude", from: undefined, to: undefined },
    ]);
  } finally {
    await world.close();
  }
});
