import { readFileSync } from "node:fs";
import { expect, test, vi } from "vitest";
import type { ShellOperations, ShellRequest, SpawnOutcome } from "../../../src/contracts/tool.ts";
import { codingBench, transcriptOf } from "../../support/coding-bench.ts";
import { callsTools, hangs, says } from "../../support/model-script.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

const exited = (exitCode: number): SpawnOutcome => ({ exitCode, timedOut: false, cancelled: false });

function shell(run: (request: ShellRequest) => Promise<SpawnOutcome> | SpawnOutcome): ShellOperations {
  return { run: async (request) => run(request) };
}

const write = (request: ShellRequest, text: string): void | Promise<void> => request.onData(Buffer.from(text));

const untilAborted = (signal: AbortSignal): Promise<SpawnOutcome> =>
  new Promise((resolve) => {
    const cancelled = { exitCode: undefined, timedOut: false, cancelled: true };
    if (signal.aborted) resolve(cancelled);
    else signal.addEventListener("abort", () => resolve(cancelled), { once: true });
  });

test("idle: recorded at once, and told to the model with the next prompt", async () => {
  const heard: string[] = [];
  const { coding, session, script, events } = codingBench({
    shell: shell(async (request) => {
      expect(request).toMatchObject({ command: "make", cwd: "/project" });
      await request.onData(Buffer.from("caf\u00e9").subarray(0, 4));
      await request.onData(Buffer.from("caf\u00e9 closed\n").subarray(4));
      return exited(3);
    }),
  });
  const result = await coding.shell.run("make", { onData: (text) => void heard.push(text) });
  expect(result).toEqual({ output: "café closed\n", exitCode: 3, cancelled: false, truncated: false });
  expect(heard.join("")).toBe("café closed\n");
  expect(events).toEqual([]);
  expect(session.entries().at(-1)).toMatchObject({ type: "message", message: { role: "bashExecution", command: "make", ...result } });
  script.next(says("I see"));
  await coding.prompt("and?");
  const shown = JSON.stringify(script.calls[0]?.request.messages[0]?.content);
  expect(shown).toContain("Ran `make`\\n```\\ncafé closed\\n```\\n\\nCommand exited with code 3");
  expect(session.context().messages).toEqual(coding.conversation.messages);
});

test("excluded from context: recorded, not told", async () => {
  const { coding, session, script } = codingBench({ shell: shell(() => exited(0)) });
  await coding.shell.run("secret", { excludeFromContext: true });
  script.next(says("hi"));
  await coding.prompt("hello");
  expect(script.calls[0]?.request.messages).toHaveLength(1);
  expect(session.entries().some((entry) => JSON.stringify(entry).includes('"excludeFromContext":true'))).toBe(true);
});

test("while a run is going: recorded when it has settled, behind its tool results", async () => {
  const bench = codingBench({ shell: shell(() => exited(0)) });
  const { coding, session, script, told } = bench;
  script.next(callsTools([["c1", "read", { path: "a" }]]));
  script.next(async function* (call) {
    const result = await coding.shell.run("date");
    expect(result.exitCode).toBe(0);
    expect(transcriptOf(coding.conversation.messages)).not.toContain("bash: date");
    yield* says("done")(call);
  });
  await coding.prompt("go");
  expect(transcriptOf(coding.conversation.messages)).toEqual([
    "system: ",
    "user: go",
    "assistant: call read",
    "toolResult: read done",
    "assistant: done",
    "bash: date",
  ]);
  expect(session.context().messages).toEqual(coding.conversation.messages);
  expect(told().at(-1)).toBe("agent_settled");
});

test("begun while idle, ended during a run: waits for it too, also when that is aborted", async () => {
  let started: (finish: (outcome: SpawnOutcome) => void) => void = () => {};
  const hasStarted = new Promise<(outcome: SpawnOutcome) => void>((resolve) => (started = resolve));
  const { coding, script } = codingBench({ shell: shell(() => new Promise((resolve) => started(resolve))) });
  const command = coding.shell.run("slow");
  const begun = new Promise<void>((resolve) => script.next(hangs(resolve)));
  const running = coding.prompt("go");
  await begun;
  (await hasStarted)(exited(0));
  await command;
  expect(transcriptOf(coding.conversation.messages)).not.toContain("bash: slow");
  await coding.abort();
  await running;
  expect(transcriptOf(coding.conversation.messages).at(-1)).toBe("bash: slow");
});

test("aborted: no exit code, what was said is kept; the run goes on", async () => {
  let started: () => void = () => {};
  const hasStarted = new Promise<void>((resolve) => (started = resolve));
  const { coding } = codingBench({
    shell: shell(async (request) => {
      await write(request, "working\n");
      started();
      return untilAborted(request.signal);
    }),
  });
  const command = coding.shell.run("sleep 99");
  await hasStarted;
  coding.shell.abort();
  expect(await command).toEqual({ output: "working\n", exitCode: undefined, cancelled: true, truncated: false });
  expect(coding.conversation.messages.at(-1)).toMatchObject({ role: "bashExecution", cancelled: true });
});

test("a thousand at once: a few run, the others in order; aborted, those that wait have never been", async () => {
  const begun: string[] = [];
  const waiting: ((outcome: SpawnOutcome) => void)[] = [];
  const { coding, session } = codingBench({
    shell: shell(({ command, signal }) => {
      begun.push(command);
      return Promise.race([untilAborted(signal), new Promise<SpawnOutcome>((resolve) => waiting.push(resolve))]);
    }),
  });
  const names = Array.from({ length: 1000 }, (_, index) => `c${index}`);
  const commands = names.map((name) => coding.shell.run(name));
  await vi.waitFor(() => expect(begun).toHaveLength(16), { timeout: 30_000 });
  waiting[3]?.(exited(0));
  await commands[3];
  await vi.waitFor(() => expect(begun).toHaveLength(17), { timeout: 30_000 });
  expect(begun).toEqual(names.slice(0, 17));
  coding.shell.abort();
  const results = await Promise.all(commands);
  expect(begun).toHaveLength(17);
  expect(results.map((one) => one.cancelled)).toEqual(names.map((_, index) => index !== 3));
  await coding.shell.settled();
  expect(session.entries().filter((entry) => JSON.stringify(entry).includes("bashExecution"))).toHaveLength(17);
  const after = coding.shell.run("after");
  await vi.waitFor(() => expect(begun.at(-1)).toBe("after"), { timeout: 30_000 });
  waiting.at(-1)?.(exited(0));
  expect((await after).exitCode).toBe(0);
});

test("truncated: the end of it, and a file with all", async () => {
  const lines = Array.from({ length: 5000 }, (_, at) => `line ${at}\n`).join("");
  const { coding, session } = codingBench({
    artifactDir: temporaryDirectory(),
    shell: shell(async (request) => {
      await write(request, lines);
      return exited(0);
    }),
  });
  const result = await coding.shell.run("seq");
  expect(result.truncated).toBe(true);
  expect(result.output.split("\n")).toHaveLength(2000);
  expect(result.output.endsWith("line 4999")).toBe(true);
  expect(readFileSync(result.fullOutputPath ?? "", "utf8")).toBe(lines);
  expect(session.entries().at(-1)).toMatchObject({ message: { truncated: true, fullOutputPath: result.fullOutputPath } });
});

test("a command that cannot be started rejects and is not recorded", async () => {
  const { coding, session } = codingBench({ shell: shell(() => Promise.reject(new Error("no shell"))) });
  const count = session.entryCount;
  await expect(coding.shell.run("x")).rejects.toThrow("no shell");
  expect(session.entryCount).toBe(count);
});

test("disposing ends what runs", async () => {
  const { coding } = codingBench({ shell: shell(({ signal }) => untilAborted(signal)) });
  const command = coding.shell.run("sleep 99");
  await coding.dispose();
  expect((await command).cancelled).toBe(true);
});
