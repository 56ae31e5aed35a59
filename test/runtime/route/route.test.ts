// Who carries out the runs of a group.

import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { loadConfig } from "../../../src/config/load-config.ts";
import type { PiError } from "../../../src/contracts/error.ts";
import type { RunResult, RuntimeKind } from "../../../src/runtime/result.ts";
import { withFallback } from "../../../src/runtime/route/fallback.ts";
import { bucketOf } from "../../../src/runtime/route/rollout.ts";
import { routeOf } from "../../../src/runtime/route/route.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

async function routed(
  commandLine: Record<string, unknown>,
  asked: { group?: string; flag?: string; input?: string; env?: Record<string, string> } = {},
) {
  const cwd = temporaryDirectory();
  const config = await loadConfig({ agentDir: cwd, cwd, homeDir: cwd, env: {}, commandLine });
  const hasDefault = config.origin("runtime.default").kind !== "default";
  return routeOf({ group: "main", env: {}, ...asked, values: config.values, hasDefault });
}

const own = { groups: { main: { runtime: "claude" } } };

test.each([
  [{}, {}, "pi", "default"],
  [{ "runtime.default": "claude" }, {}, "claude", "config"],
  [{ "runtime.default": "pi", "rollout.runtime": "claude", "rollout.groups": ["main"] }, {}, "claude", "rollout"],
  [{ "rollout.runtime": "claude", "rollout.percent": 0 }, {}, "pi", "default"],
  [{ ...own, "rollout.runtime": "pi", "rollout.percent": 100 }, {}, "claude", "group"],
  [own, { env: { PI_RUNTIME: "pi", PYLDON_AGENT_ENGINE: "claude" } }, "pi", "env"],
  [own, { env: { PYLDON_AGENT_ENGINE: "pi" } }, "pi", "env"],
  [own, { env: { PI_RUNTIME: "claude" }, input: "pi" }, "pi", "input"],
  [own, { input: "pi", flag: "claude" }, "claude", "flag"],
] as const)("%j and %j: %s, because of %s", async (config, asked, runtime, why) => {
  expect(await routed(config, asked)).toMatchObject({ runtime, why });
});

test.each([
  [{}, { flag: "gpt" }],
  [{}, { input: "gpt" }],
  [{}, { env: { PI_RUNTIME: "gpt" }, flag: "pi" }],
  [{ groups: { main: { runtime: "gpt" } } }, { flag: "pi" }],
  [{ "rollout.runtime": "gpt" }, {}],
  [{ "runtime.default": "gpt" }, {}],
  [{ "runtime.fallback": ["gpt"] }, {}],
  [{ "runtime.fallback": ["gpt"], groups: { main: { fallback: [] } } }, {}],
  [{ groups: { other: { runtime: "gpt" } } }, {}],
  [{ groups: { other: { fallback: ["gpt"] } } }, {}],
  [{}, { env: { PI_RUNTIME: "pi", PYLDON_AGENT_ENGINE: "gpt" } }],
] as const)("%j and %j name nobody", async (config, asked) => {
  await expect(routed(config, asked)).rejects.toMatchObject({
    code: "usage.runtime",
    hint: "There are pi, claude",
  } satisfies Partial<PiError>);
});

test("the fallback of a group stands in place of the general one, without the runtime itself", async () => {
  const config = { "runtime.fallback": ["claude", "pi"], groups: { quiet: { fallback: [] } } };
  expect(await routed(config)).toMatchObject({ fallback: ["claude"] });
  expect(await routed(config, { group: "quiet" })).toMatchObject({ fallback: [] });
});

test("a share grows, and is about as large as it is said to be", () => {
  const groups = Array.from({ length: 1000 }, (_, at) => `group-${at}`);
  const within = (percent: number): string[] => groups.filter((group) => bucketOf(group, "claude") < percent);
  const [quarter, half] = [within(25), within(50)];
  for (const group of quarter) expect(half).toContain(group);
  expect(Math.abs(quarter.length - 250)).toBeLessThan(40);
  expect(Math.abs(half.length - 500)).toBeLessThan(40);
  expect(within(100)).toEqual(groups);
  const head = createHash("sha256").update("claude:main").digest("hex").slice(0, 8);
  expect(bucketOf("main", "claude")).toBeCloseTo((Number.parseInt(head, 16) / 2 ** 32) * 100, 10);
});

const resultOf = (runtime: RuntimeKind, code: string | undefined, more: Partial<RunResult> = {}): RunResult =>
  ({
    runtime,
    outcome: { kind: code === undefined ? "done" : "error", text: "", ...(code && { code }) },
    hasSideEffects: false,
    hasDelivered: false,
    ...more,
  }) as RunResult;

const codes = ["model.auth", "model.quota", "model.rate_limited", "model.overloaded", "model.network", "model.not_found", "model.stalled"];
const ours = ["runtime.unavailable", "runtime.crashed", "runtime.protocol", "runtime.bridge"];

test.each([
  ...[...codes, ...ours].map((code) => [code, {}, 2] as const),
  ...[...codes, ...ours].map((code) => [code, { hasSideEffects: true }, 1] as const),
  ["model.overloaded", { hasDelivered: true }, 1],
  ...["runtime.timeout", "model.aborted", "budget.cost", "usage.group", "model.refusal", "model.bad_request", "model.empty"].map(
    (code) => [code, {}, 1] as const,
  ),
] as const)("%s with %j: %i tries", async (code, more, tries) => {
  const asked: [RuntimeKind, number][] = [];
  let nowMs = 0;
  const told: string[] = [];
  const result = await withFallback(
    ["claude", "pi"],
    1000,
    async (runtime, leftMs) => {
      asked.push([runtime, leftMs]);
      nowMs += 300;
      return runtime === "claude" ? resultOf(runtime, code, more) : resultOf(runtime, undefined);
    },
    { now: () => nowMs, onFallback: (from, to) => void told.push(`${from}>${to}`) },
  );
  expect(asked).toEqual(
    [
      ["claude", 1000],
      ["pi", 700],
    ].slice(0, tries),
  );
  expect(result.fallbackFrom).toEqual(tries === 2 ? [{ runtime: "claude", code }] : undefined);
  expect(told).toEqual(tries === 2 ? ["claude>pi"] : []);
});

test("of time that is over nothing is left for another", async () => {
  let nowMs = 0;
  const run = async (runtime: RuntimeKind): Promise<RunResult> => {
    nowMs += 1000;
    return resultOf(runtime, "model.network");
  };
  expect(await withFallback(["claude", "pi"], 1000, run, { now: () => nowMs, onFallback: () => undefined })).toMatchObject({
    runtime: "claude",
  });
});
