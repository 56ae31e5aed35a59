import { expect, test } from "vitest";
import type { Message } from "../../../src/contracts/message.ts";
import { toolCallsOf } from "../../../src/contracts/message.ts";
import type { FailureCode } from "../../../src/contracts/stream-event.ts";
import { textResult } from "../../../src/contracts/tool.ts";
import { type Bench, codingBench, tool } from "../../support/coding-bench.ts";
import { type Answer, callsTools, failed, fails, says, stopsShort } from "../../support/model-script.ts";
import { type Random, seededRandom } from "../../support/random.ts";

const failures: FailureCode[] = ["overloaded", "network", "bad_request", "overflow", "overflow", "auth"];

function randomAnswer(random: Random, nextId: () => string): Answer {
  const usage = { input: random.below(4) === 0 ? 90_000 : random.below(1000), output: 1 + random.below(50) };
  const words = "word ".repeat(1 + random.below(60));
  switch (random.below(9)) {
    case 0:
    case 1:
      return fails(random.pick(failures));
    case 2:
      return stopsShort(random.below(2) === 0 ? "" : words, usage);
    case 3:
    case 4:
    case 5:
      return callsTools(
        Array.from({ length: 1 + random.below(3) }, () => [
          nextId(),
          random.pick(["read", "edit", "unknown"]),
          { path: random.pick(["a", "b"]) },
        ]),
        usage,
      );
    default:
      return says(words, usage);
  }
}

/** Ends with an abort as soon as the call's signal has fired. */
function abortable(answer: Answer): Answer {
  return async function* (call) {
    for await (const event of answer(call)) {
      if (call.signal.aborted) {
        yield failed("aborted", "Request was aborted");
        return;
      }
      yield event;
    }
  };
}

function expectPaired(messages: readonly Message[]): void {
  const open: string[] = [];
  for (const message of messages) {
    if (message.role === "toolResult") expect(open.shift()).toBe(message.toolCallId);
    else expect(open).toEqual([]);
    if (message.role === "assistant") open.push(...toolCallsOf(message).map(({ id }) => id));
  }
  expect(open).toEqual([]);
}

function expectBalanced(told: readonly string[]): void {
  const depth = { compaction: 0, retry: 0, agent: 0 };
  for (const name of told) {
    if (name.startsWith("compaction_start")) expect(++depth.compaction).toBe(1);
    if (name.startsWith("compaction_end")) expect(--depth.compaction).toBe(0);
    if (name === "agent_start") expect(++depth.agent).toBe(1);
    if (name === "agent_end") expect(--depth.agent).toBe(0);
    if (name === "auto_retry_end") depth.retry = 0;
    if (name === "auto_retry_start") depth.retry++;
    if (name === "agent_settled") expect(depth).toEqual({ compaction: 0, retry: 0, agent: 0 });
  }
}

async function step(bench: Bench, random: Random): Promise<void> {
  const { coding, session } = bench;
  switch (random.below(8)) {
    case 0:
      await coding.compaction.run("whatever").catch(() => undefined);
      break;
    case 1: {
      const ids = session.entries().map(({ id }) => id);
      if (ids.length > 0) await coding.navigate(random.pick(ids), { summarize: random.below(2) === 0 }).catch(() => undefined);
      break;
    }
    case 2:
      await coding.shell.run("date", { excludeFromContext: random.below(3) === 0 });
      break;
    default:
      await coding.prompt("prompt ".repeat(1 + random.below(40)));
  }
}

test("150 random conversations: requests are sound, memory is what the file says, everything begun is ended", async () => {
  const seen = new Set<string>();
  for (let seed = 1; seed <= 150; seed++) {
    const random = seededRandom(seed);
    let ids = 0;
    const bench = codingBench({
      compaction: { keepRecentTokens: 1 + random.below(200) },
      retry: { maxRetries: 2 },
      tools: [tool("read", async () => textResult("text ".repeat(random.below(200)))), tool("edit")],
      limits: { maxTurns: 12, maxCostUsd: 0, timeoutMs: 0 },
      shell: { run: async () => ({ exitCode: 0, timedOut: false, cancelled: false }) },
    });
    const { coding, script, session } = bench;
    script.always((call) =>
      abortable(call.request.tools.length === 0 ? randomSummary(random) : randomAnswer(random, () => `c${++ids}`))(call),
    );
    coding.subscribe(({ type }) => {
      seen.add(type);
      const dice = random.below(400);
      if (dice === 0) void coding.abort();
      if (dice === 1) coding.compaction.abort();
      if (dice === 2) coding.queue.steer("steer");
      if (dice === 3) coding.queue.followUp("follow");
      if (dice === 4) coding.conversation.setName(`name ${seed}`);
      if (dice === 5) void coding.shell.run("beside");
      if (dice === 6) coding.retry.abort();
    });
    for (let turn = 0; turn < 6; turn++) {
      await step(bench, random);
      await coding.waitForIdle();
      expect(coding.conversation.messages).toEqual(session.context().messages);
      expect(coding.isStreaming || coding.compaction.isRunning).toBe(false);
    }
    for (const { request } of script.calls) expectPaired(request.messages);
    expectBalanced(bench.told());
    await coding.dispose();
  }
  for (const type of ["compaction_end", "auto_retry_end", "entry_appended", "queue_update"]) expect(seen).toContain(type);
});

function randomSummary(random: Random): Answer {
  return random.below(5) === 0 ? fails(random.pick(failures)) : says("summary ".repeat(1 + random.below(30)));
}
