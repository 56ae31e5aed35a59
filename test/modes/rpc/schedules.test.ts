// Random schedules of commands against a slow scripted model: what the protocol promises holds for each of them.
// Invariants: every command is answered once; `seq` has no gaps; `agent_settled` ends every run and nothing of a run comes after it;
// nothing accepted is lost; the files agree with the events, in what they hold and in its order. What the schedules never came to would
// prove nothing: what they have seen is counted.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Random, seededRandom } from "../../support/random.ts";
import { makeRpcWorld, type Reply, type RpcWorld, type WireRecord } from "../../support/rpc-world.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

const rounds = 40;

/** Takes a random number of turns of the event loop between its events, and sometimes uses a tool. */
function slowReply(random: Random): Reply {
  let calls = 0;
  return async function* (call) {
    const turns = async (count: number): Promise<boolean> => {
      for (let turn = 0; turn < count && !call.signal.aborted; turn++) await new Promise((resolve) => setImmediate(resolve));
      return call.signal.aborted;
    };
    const isSummary = call.request.tools.length === 0;
    const aborted = { type: "failure", failure: { code: "aborted", message: "Request was aborted" } } as const;
    if (await turns(random.below(6))) {
      yield aborted;
      return;
    }
    if (!isSummary && random.below(4) === 0) {
      const id = `t${++calls}`;
      yield { type: "toolcall_start", contentIndex: 0, id, toolName: "ls" };
      yield { type: "toolcall_delta", contentIndex: 0, delta: "{}" };
      yield { type: "toolcall_end", contentIndex: 0 };
      yield { type: "finish", stopReason: "toolUse" };
      return;
    }
    yield { type: "text_start", contentIndex: 0 };
    yield { type: "text_delta", contentIndex: 0, delta: isSummary ? "in short" : `an answer ${"that is long ".repeat(100)}` };
    if (await turns(random.below(8))) {
      yield aborted;
      return;
    }
    yield { type: "text_end", contentIndex: 0 };
    yield random.below(12) === 0
      ? { type: "failure", failure: { code: "bad_request", message: "400 no" } }
      : { type: "finish", stopReason: "stop" };
  };
}

interface Sent {
  id: string;
  type: string;
  message?: string;
}

async function runSchedule(seed: number, seen: Set<string>): Promise<void> {
  const random = seededRandom(seed);
  const stored = random.below(4) !== 0;
  const directory = temporaryDirectory();
  mkdirSync(join(directory, "agent"));
  writeFileSync(join(directory, "agent/config.toml"), "[compaction]\nkeep_recent_tokens = 1\n");
  const made = await makeRpcWorld({
    directory,
    reply: slowReply(random),
    stored,
    options: { tools: { only: "ls", none: false, noBuiltin: false } },
    slowWrites: random.below(3) === 0,
  });
  const sent: Sent[] = [];
  const files = new Set<string>();
  const noteFile = (): void => {
    const { filePath } = made.sessions.coding.session;
    if (filePath !== undefined) files.add(filePath);
  };
  noteFile();
  made.sessions.onReplaced(noteFile);
  const send = (type: string, params: object = {}): void => {
    const id = `c${sent.length}`;
    const message = (params as { message?: string }).message;
    sent.push({ id, type, ...(message === undefined ? {} : { message }) });
    made.line(JSON.stringify({ id, type, ...params }));
  };
  for (let step = 0; step < 25 + random.below(25); step++) {
    const message = `m${step}`;
    const userEntries = made.sessions.coding.session.branch().filter((entry) => JSON.stringify(entry).includes('"role":"user"'));
    switch (random.below(16)) {
      case 0:
      case 1:
      case 2:
        send("prompt", { message });
        break;
      case 3:
        send("prompt", { message, streamingBehavior: random.pick(["steer", "followUp"]), key: `k${random.below(4)}` });
        break;
      case 4:
        send("steer", { message });
        break;
      case 5:
        send("follow_up", { message });
        break;
      case 6:
        send("abort");
        break;
      case 7:
        send("clear_queue");
        break;
      case 8:
        send("new_session");
        break;
      case 9:
        send("switch_session", {
          sessionPath: files.size > 0 && random.below(2) === 0 ? random.pick([...files]) : `s${random.below(3)}.jsonl`,
        });
        break;
      case 10:
        send("fork", { entryId: userEntries.length > 0 ? random.pick(userEntries).id : "none" });
        break;
      case 11:
        send("compact");
        // Sometimes it is left alone for as long as it takes.
        for (let turns = random.below(3) === 0 ? 100 : 0; turns > 0; turns--) await new Promise((resolve) => setImmediate(resolve));
        break;
      case 12:
        send("bash", { command: random.below(3) === 0 ? `sleep 0.02; echo ${message}` : `echo ${message}` });
        break;
      case 13:
        send(random.pick(["clone", "reload", "abort_retry", "abort_bash"]));
        break;
      default:
        send("get_state");
    }
    for (let turns = random.below(7); turns > 0; turns--) await new Promise((resolve) => setImmediate(resolve));
  }
  await made.server.settled();
  expectAnsweredOnce(made, sent);
  expectSoundEvents(made);
  expectNothingLost(made, sent);
  if (stored) expectFilesAgree(made, files);
  note(made, seen);
  await made.sessions.dispose();
}

/** What has happened in a schedule, as far as its records tell. */
function note(made: RpcWorld, seen: Set<string>): void {
  for (const one of made.responses()) {
    const { disposition, cancelled } = (one.data ?? {}) as { disposition?: string; cancelled?: boolean };
    if (one.success === true) seen.add(`${one.command as string} ${disposition ?? (cancelled === true ? "cancelled" : "")}`.trim());
    else seen.add(`${one.command as string} refused`);
  }
  for (const event of made.events()) {
    if (event.type === "compaction_end" && event.result !== undefined) seen.add("compacted");
    if (event.type === "compaction_end" && event.aborted === true) seen.add("compaction aborted");
    if (event.type === "agent_settled") seen.add(event.aborted === true ? "run aborted" : "run ended");
    if (event.type === "tool_execution_end") seen.add("tool");
  }
}

const coverage = [
  ...["prompt started", "prompt queued", "prompt refused", "steer queued", "follow_up queued", "abort", "clear_queue"],
  ...["new_session", "switch_session", "fork", "fork refused", "clone", "reload", "compact", "compact refused", "bash", "bash cancelled"],
  ...["compacted", "run aborted", "run ended", "tool"],
];

function expectAnsweredOnce(made: RpcWorld, sent: readonly Sent[]): void {
  const answered = made.responses().map((record) => record.id);
  expect([...answered].sort()).toEqual(sent.map((one) => one.id).sort());
}

function expectSoundEvents(made: RpcWorld): void {
  const events = made.events();
  expect(events.map((event) => event.seq)).toEqual(events.map((_, index) => index + 1));
  let isRunning = false;
  let started = 0;
  const open = { turn: 0, message: 0, tool_execution: 0, compaction: 0 };
  for (const event of events) {
    const [, what, edge] = /^(turn|message|tool_execution|compaction)_(start|end)$/.exec(event.type) ?? [];
    if (what !== undefined) open[what as keyof typeof open] += edge === "start" ? 1 : -1;
    expect(Math.min(...Object.values(open))).toBeGreaterThanOrEqual(0);
    if (event.type === "agent_settled")
      expect({ ...open, compaction: 0 }).toEqual({ turn: 0, message: 0, tool_execution: 0, compaction: 0 });
    if (event.type === "agent_start") {
      isRunning = true;
      started++;
    } else if (event.type === "agent_settled") isRunning = false;
    else if (/^(turn_|message_|tool_execution_|agent_end|auto_retry_)/.test(event.type))
      expect({ event, isRunning }).toMatchObject({ isRunning: true });
  }
  expect({ isRunning, ...open }).toEqual({ isRunning: false, turn: 0, message: 0, tool_execution: 0, compaction: 0 });
  const begun = made
    .responses()
    .filter((one) => one.command === "prompt" && (one.data as { disposition?: string })?.disposition === "started");
  expect(events.filter((event) => event.type === "agent_settled")).toHaveLength(begun.length);
  expect(started).toBeGreaterThanOrEqual(begun.length === 0 ? 0 : 1);
}

/** A prompt that was accepted was said to the model's conversation, or taken out of a queue with an announcement, or still waits in one. */
function expectNothingLost(made: RpcWorld, sent: readonly Sent[]): void {
  const said = new Map<string, number>();
  const removed = new Set<string>();
  let queues: string[] = [];
  for (const event of made.events()) {
    if (event.type === "queue_update") {
      const now = [...(event.steering as string[]), ...(event.followUp as string[])];
      for (const text of queues) if (!now.includes(text)) removed.add(text);
      queues = now;
    }
    const message = event.message as { role?: string; content?: { text?: string }[] } | undefined;
    if (event.type === "message_end" && message?.role === "user") {
      const text = message.content?.[0]?.text ?? "";
      said.set(text, (said.get(text) ?? 0) + 1);
    }
  }
  for (const one of sent) {
    if (one.message === undefined) continue;
    const answer = made.responses().find((record) => record.id === one.id) as WireRecord & { data?: { disposition?: string } };
    const times = said.get(one.message) ?? 0;
    if (answer.success !== true || answer.data?.disposition === "handled") expect({ one, times }).toMatchObject({ times: 0 });
    else if (answer.data?.disposition === "started") {
      // A run that is aborted before it could begin has not said its prompt; its end says that it was aborted.
      const run = made.events().filter((event) => event.promptId === one.id);
      const wasAborted = run.some((event) => event.type === "agent_settled" && event.aborted === true);
      if (!(times === 0 && wasAborted)) expect({ one, times }).toMatchObject({ times: 1 });
    } else if (!queues.includes(one.message))
      expect({ one, isKnown: times === 1 || removed.has(one.message) }).toMatchObject({ isKnown: true });
    expect(times).toBeLessThanOrEqual(1);
  }
}

/**
 * Every message that was told has its entry in some session, every message of a session was told, along each branch in the order in which
 * it was told, and every file can be read.
 */
function expectFilesAgree(made: RpcWorld, files: ReadonlySet<string>): void {
  // Two answers that were stopped in the same millisecond are the same text.
  const toldAt = new Map<string, number[]>();
  for (const event of made.events()) {
    if (event.type !== "message_end") continue;
    const message = JSON.stringify(event.message);
    toldAt.set(message, [...(toldAt.get(message) ?? []), event.seq as number]);
  }
  const stored = new Set<string>();
  const commands = new Set<string>();
  for (const file of files) {
    let text: string;
    try {
      text = readFileSync(file, "utf8");
    } catch {
      // Nothing worth keeping was said in it.
      continue;
    }
    const lastToldAt = new Map<string | null, number>([[null, 0]]);
    for (const line of text.trimEnd().split("\n")) {
      const entry = JSON.parse(line) as {
        type: string;
        id: string;
        parentId?: string | null;
        message?: { role: string; command?: string };
      };
      if (entry.type === "session") continue;
      const before = lastToldAt.get(entry.parentId ?? null);
      expect({ entry, isRooted: before !== undefined }).toMatchObject({ isRooted: true });
      const message = JSON.stringify(entry.message);
      const at = toldAt.get(message)?.find((seq) => seq > (before ?? 0));
      if (entry.message?.role === "bashExecution") commands.add(entry.message.command ?? "");
      else if (entry.message !== undefined) {
        stored.add(message);
        expect({ entry, inOrder: at !== undefined }).toMatchObject({ inOrder: true });
      }
      lastToldAt.set(entry.id, at ?? before ?? 0);
    }
  }
  for (const message of toldAt.keys()) expect({ isStored: stored.has(message), message }).toMatchObject({ isStored: true });
  for (const one of made.responses()) {
    if (one.command !== "bash" || (one.data as { exitCode?: number } | undefined)?.exitCode === undefined) continue;
    const command = `echo ${(one.data as { output: string }).output.trim()}`;
    expect({ command, isStored: [...commands].some((stored) => stored.endsWith(command)) }).toMatchObject({ isStored: true });
  }
}

test("random schedules", async () => {
  const seen = new Set<string>();
  for (let seed = 0; seed < rounds; seed++) {
    await runSchedule(seed, seen).catch((error: unknown) => {
      throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    });
  }
  expect(coverage.filter((one) => !seen.has(one))).toEqual([]);
});
