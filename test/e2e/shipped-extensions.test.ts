// The extensions that the npm agent ships as examples, unmodified, from the binary in an empty folder: each loads, alone in print mode and all
// together in RPC mode; and for each there is a test in which it does its work. Runs where that agent is installed.

import { describe, expect } from "vitest";
import { conversing } from "../support/shipped/conversing.ts";
import { areInstalled, Bench, exampleIn, exampleNames, needsMachine, test } from "../support/shipped/examples.ts";
import { shown } from "../support/shipped/shown.ts";
import { work } from "../support/shipped/work.ts";
import { recordsOf } from "../support/world.ts";

/** Those that do nothing where there is no terminal but say so, and those of which nothing is to be seen elsewhere. */
const onlyAtTerminal: Record<string, string> = {
  "border-status-editor.ts": "an editor",
  "custom-footer.ts": "a footer",
  "custom-header.ts": "a header",
  "doom-overlay": "a game, whose data is not shipped: it says so",
  "modal-editor.ts": "an editor",
  "overlay-qa-tests.ts": "overlays",
  "overlay-test.ts": "an overlay",
  "rainbow-editor.ts": "an editor",
  "snake.ts": "a game",
  "space-invaders.ts": "a game",
  "working-message-test.ts": "words beside the spinner",
};

/** Routes to models by a virtual one, of which there are none here: it loads, and says so when it is asked for. */
const withoutCounterpart = ["jev-router.ts"];

describe.skipIf(!areInstalled)("shipped examples", () => {
  test("each is exercised, or is named with its reason", () => {
    expect(exampleNames).toHaveLength(78);
    const exercised = new Set([...Object.keys(work), ...Object.keys(conversing)]);
    expect(exampleNames.filter((name) => !exercised.has(name)).sort()).toEqual(
      [...Object.keys(onlyAtTerminal), ...withoutCounterpart, needsMachine].sort(),
    );
    expect(Object.keys(onlyAtTerminal).filter((name) => shown[name] === undefined)).toEqual([]);
  });

  test("77 of 78 load, and the answer comes", async ({ world, withoutRuntime }) => {
    const failed: string[] = [];
    for (const name of exampleNames) {
      const run = await new Bench({ world, withoutRuntime }, "binary", name).run(["--no-session", "--model", "demo", "-p", "hello"]);
      if (run.status !== 0 || !run.stdout.includes("demo model")) failed.push(name);
    }
    expect(failed).toEqual([needsMachine]);
  });

  test("all of them together load in RPC mode, with their commands", async ({ world }) => {
    const args = exampleNames.filter((name) => name !== needsMachine).flatMap((name) => ["-e", exampleIn(world, name)]);
    const input = '{"id":"1","type":"get_commands"}\n{"id":"2","type":"get_state"}\n';
    const { stdout, status } = await world.run(["--mode", "rpc", "--model", "demo", ...args], {
      stdin: { text: input },
      timeoutMs: 60_000,
    });
    const records = recordsOf(stdout);
    const commands = records.find((record) => record.id === "1").data.commands.map(({ name }: { name: string }) => name);
    expect(commands).toEqual(expect.arrayContaining(["todos:1", "todos:2", "snake", "plan", "handoff"]));
    expect(records.find((record) => record.id === "2")).toMatchObject({ success: true });
    expect(status).toBe(0);
  });
});
