// The router at work: a change of the configuration is a change of who carries out the next run, and of no run under way.

import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { textResult } from "../../../src/contracts/tool.ts";
import { claim } from "../../../src/platform/locks/claim.ts";
import { runtimeKinds } from "../../../src/runtime/result.ts";
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

describe.each(runtimeKinds)("%s", (kind) => {
  const others = kind === "pi" ? 3 : 1;
  const parts = ["first", "second", "third"];
  const scripts = Array.from({ length: parts.length * (others + 1) }, (_, at) => ({ say: [{ text: `Answer ${at}.` }] }));

  test("of several hosts at once each turn of one group's conversation stays, whether it has begun, is there, or is gone", async () => {
    const world = await runtimeWorld({ kind, scripts });
    const hosts = [world.runtime, ...(await Promise.all(Array.from({ length: others }, () => world.anotherRuntime())))];
    try {
      for (const part of parts) {
        if (part === "third") rmSync(join(world.dataDir, "sessions"), { recursive: true });
        const results = await Promise.all(hosts.map((host, at) => host.run(world.request({ prompt: `${part} ${at}` }))));
        expect(results.map(({ outcome }) => outcome.kind)).toEqual(hosts.map(() => "done"));
        expect(new Set(results.map(({ sessionId }) => sessionId)).size).toBe(1);
        expect(results.filter(({ sessionPresent }) => !sessionPresent)).toHaveLength(part === "second" ? 0 : 1);
        // Whoever came last was told all that went before, as far as it is there.
        const last = JSON.stringify(world.server.requests.at(-1)?.body.messages);
        for (const told of part === "second" ? ["first", "second"] : [part])
          hosts.forEach((_, at) => void expect(last).toContain(`${told} ${at}`));
      }
      expect(world.warnings.filter((line) => line.includes("is not there"))).toHaveLength(1);
      expect(readdirSync(world.dataDir, { recursive: true }).filter((name) => String(name).includes("claim"))).toEqual([]);
    } finally {
      await Promise.all(hosts.slice(1).map((host) => host.dispose()));
      await world.close();
    }
  });

  test("a conversation that another host begins is waited for in the time of the run, and not where there is none to share", async () => {
    const world = await runtimeWorld({ kind, scripts });
    const held = await claim(join(world.dataDir, `.main.${kind}.claim`));
    try {
      const late = await world.runtime.run(world.request({ timeoutMs: 50 }));
      expect(late.outcome).toMatchObject({ kind: "budget", code: "runtime.timeout" });
      expect(world.server.requests).toHaveLength(0);
      expect(await world.runtime.run(world.request({ isFresh: true }))).toMatchObject({ outcome: { kind: "done" } });
      expect(await world.runtime.run(world.request({ sessionKey: "other" }))).toMatchObject({ outcome: { kind: "done" } });
      expect(world.warnings).toEqual([]);
      vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
      const waiting = world.runtime.start(world.request());
      const told = `The run waits for this process, which begins the session of group main with ${kind}`;
      await vi.waitFor(() => expect(world.warnings).toEqual([told]), { timeout: 60_000 });
      vi.useRealTimers();
      held?.release();
      expect(await waiting.result).toMatchObject({ outcome: { kind: "done" }, sessionPresent: false });
      expect(world.warnings).toEqual([told]);
    } finally {
      vi.useRealTimers();
      await world.close();
    }
  });
});
