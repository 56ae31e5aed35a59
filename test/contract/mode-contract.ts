// What every mode holds to, run from the command line in this process: one outcome, records in order, signals, a reader that goes away.

import { existsSync, readFileSync, watch } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { parseOptions } from "../../src/cli/options.ts";
import { runMode } from "../../src/cli/run-mode.ts";
import type { OutcomeKind } from "../../src/contracts/outcome.ts";
import { Session } from "../../src/session/tree/session.ts";
import { type FakeHost, type FakeHostFields, fakeHost } from "../support/fake-host.ts";
import { soundSession } from "../support/sound-session.ts";
import { answerSteps, callSteps, event, type Json, recordsOf, test, textSteps, type World } from "../support/world.ts";

export interface ModeCase {
  /** As `--mode` has it. */
  name: string;
  /** How prompts reach it: arguments, or what comes in on stdin. */
  drive(prompts: readonly string[]): { args?: readonly string[]; input?: string };
  /** The first record, where it writes records at all. */
  header?: object;
  /** What stdout must be for an answer, where it writes none. */
  answer?(text: string): string;
  /** What its exit status says of an outcome. */
  status(outcome: OutcomeKind): number;
}

interface Driven {
  host: FakeHost;
  status: Promise<number>;
}

const finish = event({ type: "finish", stopReason: "stop" });
const failure = event({ type: "failure", failure: { code: "refusal", message: "The model refused" } });

const outcomes: { kind: OutcomeKind; calls: object[][]; settings?: string }[] = [
  { kind: "done", calls: [callSteps("bash", { command: "echo listed" }), answerSteps("Listed")] },
  { kind: "length", calls: [answerSteps("Half", { type: "finish", stopReason: "length" })] },
  { kind: "error", calls: [[...textSteps("Half"), failure]] },
  { kind: "budget", calls: [callSteps("bash", { command: "echo listed" }), answerSteps("never")], settings: "[limits]\nmax_turns = 1\n" },
];

export function modeContract(mode: ModeCase): void {
  const drive = (world: World, calls: object[][], { prompts = ["hi"], ...host }: FakeHostFields & { prompts?: string[] } = {}): Driven => {
    const driven = mode.drive(prompts);
    const args = ["--mode", mode.name, "--model", world.trace(...calls), "--result", "result.json", ...(driven.args ?? [])];
    const made = fakeHost({
      cwd: world.cwd,
      homeDir: world.home,
      env: { PATH: process.env.PATH, HOME: world.home },
      ...(driven.input === undefined ? {} : { input: driven.input }),
      ...host,
    });
    return { host: made, status: runMode(parseOptions(args), made) };
  };
  const result = (world: World): Json => JSON.parse(readFileSync(join(world.cwd, "result.json"), "utf8"));
  const eventsOf = (host: FakeHost): Json[] => {
    if (mode.answer !== undefined) return [];
    return recordsOf(host.out()).filter((record) => record.type !== "response" && record.type !== "session");
  };
  /** What has to hold of any run, however it ended. */
  const expectInOrder = (host: FakeHost): void => {
    if (mode.answer !== undefined) return;
    const records = recordsOf(host.out());
    if (mode.header !== undefined) expect(records[0]).toMatchObject(mode.header);
    const events = eventsOf(host);
    expect(events.map((one) => one.seq)).toEqual(events.map((_, index) => index + 1));
    const types = events.map((one) => one.type);
    for (const [begin, end] of [
      ["agent_start", "agent_end"],
      ["tool_execution_start", "tool_execution_end"],
    ] as const) {
      expect(types.filter((type) => type === begin)).toHaveLength(types.filter((type) => type === end).length);
      if (types.includes(begin)) expect(types.indexOf(begin)).toBeLessThan(types.indexOf(end));
    }
    expect(types.at(-1)).toBe("agent_settled");
  };

  describe(`mode ${mode.name}`, () => {
    test.for(outcomes)("one outcome: $kind", async ({ kind, calls, settings }, { world }) => {
      if (settings !== undefined) world.config(settings);
      const { host, status } = drive(world, calls);
      expect(await status).toBe(mode.status(kind));
      const record = result(world);
      expect(record).toMatchObject({ type: "result", outcome: kind });
      expectInOrder(host);
      if (mode.answer === undefined) expect(eventsOf(host).at(-1)).toMatchObject({ type: "agent_settled", outcome: kind });
      else expect(host.out()).toBe(kind === "error" ? "" : mode.answer(record.text));
      soundSession(world.sessionFiles()[0] ?? "");
    });

    test("prompts are run in order, in one session", async ({ world }) => {
      const { host, status } = drive(world, [answerSteps("one"), answerSteps("two")], { prompts: ["first", "second"] });
      expect(await status).toBe(0);
      expectInOrder(host);
      expect(result(world)).toMatchObject({ outcome: "done", text: "two", turns: 2 });
      const said = soundSession(world.sessionFiles()[0] ?? "").flatMap((entry) =>
        entry.message?.role === "user" ? entry.message.content[0].text : [],
      );
      expect(said).toEqual(["first", "second"]);
    });

    test.for(["SIGINT", "SIGTERM", "SIGHUP"] as const)("%s ends a run in order, with its status", async (signal, { world }) => {
      const { host, status } = drive(world, [callSteps("bash", { command: "touch begun; sleep 60" }), answerSteps("never")], {
        staysOpen: true,
      });
      await begun(world, status);
      host.signal(signal);
      expect(await status).toBe({ SIGINT: 130, SIGTERM: 143, SIGHUP: 129 }[signal]);
      expectInOrder(host);
      expect(result(world)).toMatchObject({ outcome: "aborted" });
      soundSession(world.sessionFiles()[0] ?? "");
    });

    test("a second signal ends it at once", async ({ world }) => {
      const { host, status } = drive(world, [callSteps("bash", { command: "touch begun; sleep 60" })], { staysOpen: true });
      await begun(world, status);
      host.signal("SIGINT");
      expect(() => host.signal("SIGTERM")).toThrow("exit 130");
      await status;
    });

    test("a signal before a busy session is free leaves it as it is", async ({ world }) => {
      const file = join(world.cwd, "busy.jsonl");
      const holder = Session.create({ cwd: world.cwd, directory: world.cwd, filePath: file }, {});
      holder.append({ type: "message", message: { role: "user", content: [{ type: "text", text: "mine" }], timestamp: 1 } });
      holder.flush();
      const before = readFileSync(file, "utf8");
      const { args = [], ...rest } = mode.drive(["hi"]);
      const host = fakeHost({
        cwd: world.cwd,
        homeDir: world.home,
        env: { PATH: process.env.PATH, HOME: world.home },
        ...rest,
        staysOpen: true,
      });
      const more = ["--session", file, "--on-busy", "wait", "--model", "demo", "--result", "result.json"];
      const status = runMode(parseOptions(["--mode", mode.name, ...more, ...args]), host);
      await host.listens("SIGTERM");
      host.signal("SIGTERM");
      expect(await status).toBe(143);
      expect(host.out()).toBe("");
      expect(readFileSync(file, "utf8")).toBe(before);
      expect(result(world)).toMatchObject({ outcome: "aborted" });
      holder.close();
    });

    // Who writes nothing before the end does not learn that its reader has gone: that is a case of modes that show events.
    if (mode.answer === undefined) {
      test("a reader that goes away ends the run", async ({ world }) => {
        const { status } = drive(world, [[...textSteps("half"), { type: "hang" }, finish]], { closesAfter: 4, staysOpen: true });
        expect(await status).toBe(mode.status("aborted"));
        expect(result(world)).toMatchObject({ outcome: "aborted" });
      });
    }
  });
}

/** Until the tool has begun; where the run ends before, the test fails by what it finds then. */
async function begun(world: World, status: Promise<number>): Promise<void> {
  const file = join(world.cwd, "begun");
  await new Promise<void>((resolve) => {
    const watcher = watch(world.cwd, () => {
      if (existsSync(file)) done();
    });
    const done = (): void => {
      watcher.close();
      resolve();
    };
    status.then(done, done);
    if (existsSync(file)) done();
  });
}
