// Clients that never wait: thousands of commands at once, a reader that stops. What is kept in memory has a bound, nothing is lost, and what
// stops things gets through.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { RpcServer } from "../../../src/modes/rpc/serve.ts";
import { Gate, makeRpcWorld, type RpcWorld, type RpcWorldOptions, textReply, type WireRecord } from "../../support/rpc-world.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

async function world(given: Partial<RpcWorldOptions> = {}): Promise<RpcWorld> {
  const made = await makeRpcWorld({ directory: temporaryDirectory(), reply: textReply("hello"), stored: false, ...given });
  onTestFinished(() => made.sessions.dispose());
  return made;
}

/** A server over the world's sessions whose reader takes nothing until it is told to. */
function stoppedReader(made: RpcWorld): { server: RpcServer; written(): WireRecord[]; read(): void } {
  let lines = "";
  let isStopped = true;
  const resolvers: (() => void)[] = [];
  return {
    server: new RpcServer({
      sessions: made.sessions,
      stdout: {
        together: (act) => act(),
        flush: async () => undefined,
        write: (text) => {
          lines += text;
          return isStopped ? new Promise<void>((resolve) => resolvers.push(resolve)) : undefined;
        },
      },
      warn: () => undefined,
      newId: () => "x",
    }),
    written: () =>
      lines
        .split("\n")
        .slice(0, -1)
        .map((line) => JSON.parse(line) as WireRecord),
    read: () => {
      isStopped = false;
      for (const resolve of resolvers.splice(0)) resolve();
    },
  };
}

const turns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
};

test("commands that take their time: beyond ten thousand they are refused, each with an answer; what stops them is not", async () => {
  const made = await world();
  const count = 12_000;
  for (let index = 0; index < count; index++) made.line(JSON.stringify({ id: `b${index}`, type: "bash", command: "sleep 30" }));
  const refused = made.responses();
  expect(refused.map((one) => one.id)).toEqual(Array.from({ length: count - 10_000 }, (_, index) => `b${10_000 + index}`));
  expect(new Set(refused.map((one) => one.error))).toEqual(
    new Set(["Too many commands are waiting for their answer. Send it again when some have come"]),
  );
  expect((await made.ask("get_state")).success).toBe(true);
  expect((await made.ask("abort_bash")).success).toBe(true);
  await made.server.settled();
  const answered = made.responses().filter((one) => one.command === "bash");
  expect(new Set(answered.map((one) => one.id)).size).toBe(count);
  expect(answered).toHaveLength(count);
  expect((await made.ask("bash", { command: "echo again" })).data).toMatchObject({ output: "again\n" });
});

test("long commands count by their length", async () => {
  const made = await world();
  const long = JSON.stringify({ type: "bash", command: `sleep 30 #${"x".repeat(90 * 1024 * 1024)}`, excludeFromContext: true });
  for (let count = 0; count < 3; count++) made.line(long);
  expect(made.responses()).toMatchObject([{ command: "bash", success: false }]);
  await made.ask("abort_bash");
  await made.server.settled();
  // Those that are answered count no more.
  const refused = (): number => made.responses().filter(({ command, success }) => command === "bash" && success === false).length;
  const before = refused();
  for (let count = 0; count < 2; count++) made.line(long);
  expect(refused()).toBe(before);
  await made.ask("abort_bash");
  await made.server.settled();
});

test("that a tool begins is out before it does anything, however slow the reader", async () => {
  const call = { type: "toolcall_start", contentIndex: 0, id: "t1", toolName: "bash" } as const;
  let calls = 0;
  const made = await world({
    reply: (given) =>
      calls++ > 0
        ? textReply("done")(given)
        : (async function* () {
            yield call;
            yield { type: "toolcall_delta", contentIndex: 0, delta: '{"command":"touch ran"}' } as const;
            yield { type: "toolcall_end", contentIndex: 0 } as const;
            yield { type: "finish", stopReason: "toolUse" } as const;
          })(),
  });
  let out = (): void => {};
  const isOut = new Promise<void>((resolve) => {
    out = resolve;
  });
  const types: string[] = [];
  let flushedBehind: string | undefined;
  const server = new RpcServer({
    sessions: made.sessions,
    stdout: {
      together: (act) => act(),
      flush: () => {
        flushedBehind = types.at(-1);
        return isOut;
      },
      write: (text) => void types.push(...text.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line).type]))) as undefined,
    },
    warn: () => undefined,
    newId: () => "x",
  });
  server.take({ text: JSON.stringify({ type: "prompt", message: "go" }), isTooLong: false });
  await vi.waitFor(() => expect(flushedBehind).toBe("tool_execution_start"), { timeout: 60_000, interval: 1 });
  await turns(300);
  expect(existsSync(join(made.cwd, "ran"))).toBe(false);
  out();
  await server.settled();
  expect(existsSync(join(made.cwd, "ran"))).toBe(true);
  expect(types.at(-1)).toBe("agent_settled");
});

test("a server that is about to end refuses what it would begin, and answers what only stops or asks", async () => {
  const made = await world();
  made.server.close();
  expect(await made.ask("bash", { command: "touch late" })).toMatchObject({ success: false, error: "pi is shutting down" });
  expect(await made.ask("prompt", { message: "late" })).toMatchObject({ success: false, error: "pi is shutting down" });
  expect([(await made.ask("get_state")).success, (await made.ask("abort")).success]).toEqual([true, true]);
  expect(existsSync(join(made.cwd, "late"))).toBe(false);
  expect(made.events()).toEqual([]);
});

test("a queue takes a thousand messages; with a prompt refused at its end nothing changes", async () => {
  const gate = new Gate();
  const made = await world({ reply: gate.reply("x") });
  const arrival = gate.arrival();
  await made.ask("prompt", { message: "go" });
  await arrival;
  for (let count = 0; count < 1000; count++) made.line(JSON.stringify({ type: "follow_up", message: "m" }));
  for (const [type, more] of [["follow_up", {}] as const, ["prompt", { streamingBehavior: "followUp", key: "k" }] as const])
    expect((await made.ask(type, { message: "one more", ...more })).error).toMatch(/^There are 1000 messages in this queue already/);
  expect((await made.ask("steer", { message: "the other queue" })).data).toEqual({ disposition: "queued" });
  expect((await made.ask("get_state")).data).toMatchObject({ pendingMessageCount: 1001 });
  expect(((await made.ask("clear_queue")).data as { followUp: string[] }).followUp).toHaveLength(1000);
  await made.ask("abort");
});

test.each([
  ["that waited for a change", { id: "change", type: "new_session" }, "get_tools"],
  ["that are found out", undefined, "get_available_models"],
])("while the reader stops, answers %s are not made; when it goes on, all come", async (_name, first, type) => {
  const made = await world();
  const reader = stoppedReader(made);
  const { server } = reader;
  const count = 200;
  if (first !== undefined) server.take({ text: JSON.stringify(first), isTooLong: false });
  for (let index = 0; index < count; index++) server.take({ text: JSON.stringify({ id: `g${index}`, type }), isTooLong: false });
  await vi.waitFor(() => expect(reader.written()).not.toEqual([]), { timeout: 60_000, interval: 1 });
  await turns(200);
  expect(reader.written().length).toBeLessThanOrEqual(2);
  reader.read();
  await server.settled();
  const ids = reader.written().flatMap((one) => (one.command === type ? [one.id] : []));
  expect(ids).toEqual(Array.from({ length: count }, (_, index) => `g${index}`));
});

test("while the reader stops, no more is asked of the model than what is on its way", async () => {
  let given = 0;
  const total = 5000;
  const made = await world({
    reply: async function* () {
      yield { type: "text_start", contentIndex: 0 };
      for (; given < total; given++) yield { type: "text_delta", contentIndex: 0, delta: `${given} ` };
      yield { type: "text_end", contentIndex: 0 };
      yield { type: "finish", stopReason: "stop" };
    },
  });
  const reader = stoppedReader(made);
  reader.server.take({ text: JSON.stringify({ id: "p", type: "prompt", message: "go" }), isTooLong: false });
  await turns(500);
  expect(given).toBeLessThan(5);
  reader.server.take({ text: JSON.stringify({ id: "s", type: "get_state" }), isTooLong: false });
  reader.read();
  await reader.server.settled();
  const records = reader.written();
  const deltas = records.flatMap((one) => {
    const { type, delta } = (one.assistantMessageEvent ?? {}) as { type?: string; delta?: string };
    return type === "text_delta" ? [delta] : [];
  });
  expect(deltas.join("")).toBe(Array.from({ length: total }, (_, index) => `${index} `).join(""));
  expect(records.find((one) => one.id === "s")?.success).toBe(true);
  expect(records.at(-1)?.type).toBe("agent_settled");
});
