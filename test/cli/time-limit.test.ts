// One limit of time for a run and for what it has waited for before.

import { join } from "node:path";
import { expect } from "vitest";
import { parseOptions } from "../../src/cli/options.ts";
import { runMode } from "../../src/cli/run-mode.ts";
import { Session } from "../../src/session/tree/session.ts";
import { fakeHost } from "../support/fake-host.ts";
import { test, textSteps } from "../support/world.ts";

test("waiting for a session takes from the time of the run behind it", async ({ world }) => {
  const file = join(world.cwd, "busy.jsonl");
  const holder = Session.create({ cwd: world.cwd, directory: world.cwd, filePath: file }, {});
  holder.append({ type: "message", message: { role: "user", content: [{ type: "text", text: "mine" }], timestamp: 1 } });
  holder.flush();
  const host = fakeHost({ cwd: world.cwd, homeDir: world.home, env: { PATH: process.env.PATH, HOME: world.home } });
  let nowMs = 1_800_000_000_000;
  host.now = () => nowMs;
  const model = world.trace([...textSteps("Half"), { type: "hang" }]);
  const args = ["-p", "--session", file, "--on-busy", "wait", "--timeout", "1h", "--model", model, "--result", "ended.json", "hi"];
  const status = runMode(parseOptions(args), host);
  await host.listens("SIGTERM");
  nowMs += 3_600_000;
  holder.close();
  expect(await status).toBe(3);
  expect(JSON.parse(world.read("ended.json"))).toMatchObject({ outcome: "budget", error: { code: "budget.timeout" } });
});
