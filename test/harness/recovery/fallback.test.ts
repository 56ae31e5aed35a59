import { expect, test, vi } from "vitest";
import type { LoopResult } from "../../../src/agent/loop.ts";
import type { Model, ThinkingLevel } from "../../../src/contracts/model.ts";
import type { FailureCode, ModelFailure } from "../../../src/contracts/stream-event.ts";
import type { FallbackModel } from "../../../src/harness/conversation/recovery-settings.ts";
import { QuotaMemory } from "../../../src/harness/models/quota-memory.ts";
import { FallbackRecovery, nameOf } from "../../../src/harness/recovery/fallback.ts";
import { testModel } from "../../support/model-calls.ts";
import { tempTree } from "../../support/temp-tree.ts";

const model = (id: string): Model => testModel({ provider: "p", id });
const now = 1_000_000;
const never = new AbortController().signal;
const failed = (code: FailureCode, values: Partial<ModelFailure> = {}, hasShownContent = false): LoopResult => ({
  messages: [],
  failure: { code, message: code, ...values },
  hasShownContent,
  isStopped: false,
  isTerminated: false,
});

interface Bench {
  recovery: FallbackRecovery;
  quotas: QuotaMemory;
  lines: string[];
  /** What it was switched to. */
  switches: [string, ThinkingLevel | undefined][];
}

function bench(fallbacks: FallbackModel[]): Bench {
  const quotas = new QuotaMemory(tempTree().path, () => now);
  const lines: string[] = [];
  const switches: Bench["switches"] = [];
  let current = model("first");
  const recovery = new FallbackRecovery(
    { models: async () => fallbacks, count: fallbacks.length, quotas, warn: (line) => lines.push(line), now: () => now },
    {
      currentModel: () => current,
      setModel: async (next, level) => {
        current = next;
        switches.push([nameOf(next), level]);
      },
      giveUpRetries: () => undefined,
    },
  );
  recovery.begin();
  return { recovery, quotas, lines, switches };
}

test.each<[FailureCode, boolean]>([
  ["overloaded", true],
  ["rate_limited", true],
  ["quota", true],
  ["network", true],
  ["stalled", true],
  ["auth", false],
  ["not_found", false],
  ["bad_request", false],
  ["overflow", false],
  ["refusal", false],
  ["aborted", false],
])("%s: another model is tried: %s", (code, isTried) => {
  const { recovery } = bench([{ model: model("second") }]);
  expect(recovery.plan(failed(code)) !== undefined).toBe(isTried);
});

test("each in turn, once a run, said each time; then the failure stands", async () => {
  const { recovery, lines, switches } = bench([{ model: model("second") }, { model: model("third"), thinkingLevel: "high" }]);
  expect(await recovery.plan(failed("overloaded"))?.carryOut(never)).toBe("again");
  expect(await recovery.plan(failed("rate_limited"))?.carryOut(never)).toBe("again");
  expect(recovery.plan(failed("overloaded"))).toBeUndefined();
  expect(switches).toEqual([
    ["p/second", undefined],
    ["p/third", "high"],
  ]);
  expect(lines).toEqual([
    "p/first is not available (overloaded); going on with p/second",
    "p/second is not available (rate limited); going on with p/third",
  ]);
  recovery.begin();
  expect(recovery.plan(failed("overloaded"))).toBeDefined();
});

test("one whose quota is known to be spent is passed over; where none is left it is in vain", async () => {
  const { recovery, quotas, switches } = bench([{ model: model("second") }, { model: model("third") }]);
  quotas.remember("p/second", now + 1);
  expect(await recovery.plan(failed("overloaded"))?.carryOut(never)).toBe("again");
  expect(switches).toEqual([["p/third", undefined]]);
  expect(await recovery.plan(failed("overloaded"))?.carryOut(never)).toBe("in_vain");
});

test("what is remembered: a spent quota for as long as told, or an hour; any other refusal as long as told", async () => {
  const remembered = async (failure: LoopResult): Promise<number | undefined> => {
    const { recovery, quotas } = bench([{ model: model("second") }]);
    await recovery.plan(failure)?.carryOut(never);
    return quotas.spentUntil("p/first");
  };
  expect(await remembered(failed("quota", { retryAt: now + 5 }))).toBe(now + 5);
  expect(await remembered(failed("quota"))).toBe(now + 3_600_000);
  expect(await remembered(failed("rate_limited", { retryAt: now + 7_200_000 }))).toBe(now + 7_200_000);
  for (const failure of [failed("overloaded"), failed("rate_limited", { retryAt: now })]) {
    const { recovery, quotas } = bench([{ model: model("second") }]);
    const remember = vi.spyOn(quotas, "remember");
    await recovery.plan(failure)?.carryOut(never);
    expect(remember).not.toHaveBeenCalled();
  }
});

test("the last of them is remembered too when the run is over; without fallbacks nothing is", () => {
  const { recovery, quotas } = bench([{ model: model("second") }]);
  recovery.close(failed("auth"));
  expect(quotas.spentUntil("p/first")).toBeUndefined();
  recovery.close(failed("quota", { retryAt: now + 9 }));
  expect(quotas.spentUntil("p/first")).toBe(now + 9);
  const alone = bench([]);
  alone.recovery.close(failed("quota"));
  expect(alone.quotas.spentUntil("p/first")).toBeUndefined();
  expect(alone.recovery.plan(failed("quota"))).toBeUndefined();
});

test("half an answer that was shown and then went silent is not said again by another model", () => {
  const { recovery } = bench([{ model: model("second") }]);
  expect(recovery.plan(failed("stalled", {}, true))).toBeUndefined();
  expect(recovery.plan(failed("stalled"))).toBeDefined();
});
