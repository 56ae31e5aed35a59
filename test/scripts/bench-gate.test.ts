// The benchmark's gate: its decisions on made-up samples, its ratchet, and the whole of it on programs with a planted fault.

import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { races } from "../../scripts/bench/figures/index.mjs";
import { isFailure, runBench, tighten } from "../../scripts/bench/gate.mjs";
import { evaluate, isNoisy } from "../../scripts/bench/race.mjs";
import { table } from "../../scripts/bench/report.mjs";

type Bench = Parameters<typeof runBench>[0];
type Race = Bench["races"][number];
type Sample = Awaited<ReturnType<Bench["hold"]>>[number];

const root = resolve(import.meta.dirname, "../..");
const world = {} as Bench["world"];

/** Runs of one contender with these wall times; CPU time the same unless given. */
function runs(contender: string, wallMs: number[], cpuMs: number[] = wallMs): Sample[] {
  return wallMs.map((wall, index) => ({
    contender,
    round: index + 1,
    wallMs: wall,
    cpuMs: cpuMs[index] ?? wall,
    peakMb: 50,
    meterMb: 33,
    firstByteMs: undefined,
    firstOutputMs: undefined,
    callMs: undefined,
  }));
}

const race: Race = {
  id: "start",
  rounds: 3,
  contenders: () => ({}),
  figures: [
    {
      id: "start",
      title: "start",
      against: "nothing",
      unit: "ms",
      compare: "ratio",
      subject: (of) => of("pi", "wallMs"),
      baseline: (of) => of("empty", "wallMs"),
      onCpu: { subject: (of) => of("pi", "cpuMs"), baseline: (of) => of("empty", "cpuMs") },
    },
  ],
};

/** The one row of the race above when its attempts give these samples in turn. */
async function decide(
  attempts: (Sample[] | Error)[],
  bound: Bench["budgets"][string] = { budget: 1.5, ceiling: 2 },
  more: Partial<Bench> = {},
) {
  let held = 0;
  const rows = await runBench({
    races: [race],
    budgets: { start: bound },
    world,
    moreAttempts: 3,
    async hold() {
      const samples = attempts[held++] ?? attempts.at(-1);
      if (samples === undefined || samples instanceof Error) throw samples ?? new Error("no samples");
      return samples;
    },
    ...more,
  });
  expect(rows).toHaveLength(1);
  const row = rows[0];
  if (row === undefined) throw new Error("no row");
  return { row, held };
}

const fast = [...runs("empty", [4, 4, 4]), ...runs("pi", [5, 5, 5])];
const tolerated = [...runs("empty", [4, 4, 4]), ...runs("pi", [7, 7, 7])];
const slow = [...runs("empty", [4, 4, 4]), ...runs("pi", [84, 84, 84])];

describe("a decision", () => {
  test("within the budget passes at once", async () => {
    const { row, held } = await decide([fast]);
    expect(row).toMatchObject({ state: "ok", attempts: 1, measured: { value: 1.25, subject: 5, baseline: 4 } });
    expect(held).toBe(1);
  });

  test("between budget and ceiling passes and says so", async () => {
    const { row } = await decide([tolerated]);
    expect(row.state).toBe("above budget");
    expect(isFailure(row)).toBe(false);
  });

  test("a delay fails, after three more attempts", async () => {
    const { row, held } = await decide([slow]);
    expect(row).toMatchObject({ state: "too high", attempts: 4, measured: { value: 21 } });
    expect(isFailure(row)).toBe(true);
    expect(held).toBe(4);
  });

  test("one slow go does not fail", async () => {
    const { row, held } = await decide([slow, slow, fast, slow]);
    expect(row).toMatchObject({ state: "ok", attempts: 3 });
    expect(held).toBe(3);
  });

  test("without time left nothing is measured again", async () => {
    const { row, held } = await decide([slow, fast], undefined, { hasTime: () => false });
    expect(row.state).toBe("too high");
    expect(held).toBe(1);
  });

  test("where wall time is noisy, CPU time and the fastest runs decide", async () => {
    const disturbed = [...runs("empty", [4, 4, 4]), ...runs("pi", [5, 20, 40], [5, 6, 7])];
    expect(isNoisy(disturbed)).toBe(true);
    const { row } = await decide([disturbed]);
    expect(row).toMatchObject({ state: "ok", attempts: 2 });
    expect(row.note).toContain("CPU time 1.50");
  });

  test("a program of several threads has a ceiling of its own on CPU time, and the other one holds for its fastest runs", async () => {
    const threaded = (fastest: number) => [...runs("empty", [4, 4, 4]), ...runs("pi", [fastest, 20, 40], [10, 10, 10])];
    const bound = { budget: 1.5, ceiling: 2 };
    expect((await decide([threaded(5)], bound)).row.state).toBe("too high");
    expect((await decide([threaded(5)], { ...bound, cpuCeiling: 3 })).row.state).toBe("above budget");
    expect((await decide([threaded(9)], { ...bound, cpuCeiling: 3 })).row.state).toBe("too high");
    expect((await decide([threaded(5)], { ...bound, cpuCeiling: 2.4 })).row.state).toBe("too high");
    expect(tighten({ start: { ...bound, cpuCeiling: 3 } }, [])).toEqual({ start: { ...bound, cpuCeiling: 3 } });
  });

  test("noise does not excuse a program that sleeps, nor one that computes", async () => {
    const sleeps = [...runs("empty", [4, 4, 4]), ...runs("pi", [84, 120, 200], [5, 5, 5])];
    const computes = [...runs("empty", [4, 4, 4]), ...runs("pi", [5, 120, 200], [84, 84, 84])];
    expect([isNoisy(sleeps), isNoisy(computes)]).toEqual([true, true]);
    expect((await decide([sleeps])).row.state).toBe("too high");
    expect((await decide([computes])).row.state).toBe("too high");
  });

  test("steady wall time is never excused by CPU time", async () => {
    const { row } = await decide([[...runs("empty", [4, 4, 4]), ...runs("pi", [84, 84, 84], [5, 5, 5])]]);
    expect(row.state).toBe("too high");
  });
});

test("each round is compared within itself", () => {
  const [figure] = race.figures;
  const drifting = [...runs("empty", [4, 8, 40, 4, 4]), ...runs("pi", [6, 12, 60, 30, 6])];
  expect(evaluate(figure as Race["figures"][number], drifting, world)).toEqual({ value: 1.5, subject: 12, baseline: 4 });
  expect(evaluate(figure as Race["figures"][number], drifting, world, { by: "least" }).value).toBe(1.5);
});

describe("a figure that is missing fails and says why", () => {
  test("a program that fails", async () => {
    const { row, held } = await decide([new Error("pi: ended with 3")]);
    expect(row).toMatchObject({ state: "missing", note: "pi: ended with 3" });
    expect(isFailure(row)).toBe(true);
    expect(held).toBe(1);
  });

  test("a contender without runs, a run without the value", async () => {
    expect((await decide([runs("pi", [5])])).row.note).toBe("no runs of empty");
    const figure = { ...race.figures[0], subject: (of: (contender: string, metric: "callMs") => number) => of("pi", "callMs") };
    const { row } = await decide([fast], undefined, { races: [{ ...race, figures: [figure as Race["figures"][number]] }] });
    expect(row).toMatchObject({ state: "missing", note: "pi has no callMs" });
  });

  test("a figure without a budget, a budget without a figure", async () => {
    const hold = async () => fast;
    const without = await runBench({ races: [race], budgets: {}, world, moreAttempts: 0, hold });
    expect(without.map((row) => row.state)).toEqual(["missing"]);
    const beside = { start: { budget: 2, ceiling: 2 }, gone: { budget: 1, ceiling: 1 } };
    const rows = await runBench({ races: [race], budgets: beside, world, moreAttempts: 0, hold });
    expect(rows.map((row) => [row.id, row.state])).toEqual([
      ["start", "ok"],
      ["gone", "missing"],
    ]);
  });

  test("memory that is only the meter's", () => {
    const figure = { ...race.figures[0], subject: (of: (contender: string, metric: "peakMb") => number) => of("pi", "peakMb") };
    const samples = fast.map((sample) => ({ ...sample, meterMb: 50 }));
    expect(() => evaluate(figure as Race["figures"][number], samples, world)).toThrow("cannot tell");
  });
});

test("what cannot be held here is told and passes", async () => {
  const { row, held } = await decide([slow], undefined, { races: [{ ...race, needs: () => "the npm agent is not installed" }] });
  expect(row).toMatchObject({ state: "not here", note: "the npm agent is not installed" });
  expect(isFailure(row)).toBe(false);
  expect(held).toBe(0);
  expect(table([row])).toContain("not here: the npm agent is not installed");
});

describe("the ratchet", () => {
  const rowOf = async (samples: Sample[], bound: { budget: number; ceiling: number }) => (await decide([samples], bound)).row;

  test("lowers a ceiling to what is reached and a margin, and to the budget at most", async () => {
    const bound = { budget: 1.5, ceiling: 9 };
    expect(tighten({ start: bound }, [await rowOf(tolerated, bound)])).toEqual({ start: { budget: 1.5, ceiling: 2.02 } });
    expect(tighten({ start: bound }, [await rowOf(fast, bound)])).toEqual({ start: { budget: 1.5, ceiling: 1.5 } });
  });

  test("never raises one, whatever was measured", async () => {
    for (const [samples, ceiling] of [
      [slow, 2],
      [tolerated, 1.8],
      [[], 1.6],
    ] as const) {
      const bound = { budget: 1.5, ceiling };
      expect(tighten({ start: bound }, [await rowOf([...samples], bound)])).toEqual({ start: bound });
    }
    expect(tighten({ other: { budget: 1, ceiling: 3 } }, [])).toEqual({ other: { budget: 1, ceiling: 3 } });
  });

  test("every figure has a budget, every budget a figure, no ceiling lies below its budget", () => {
    const budgets: Record<string, { budget: number; ceiling: number }> = JSON.parse(
      readFileSync(join(root, "scripts/bench/budgets.json"), "utf8"),
    );
    const figures = races.flatMap((each) => each.figures.map((figure) => figure.id));
    expect(Object.keys(budgets).sort()).toEqual([...figures].sort());
    expect(Object.entries(budgets).filter(([, { budget, ceiling }]) => !(ceiling >= budget && budget > 0))).toEqual([]);
  });
});

describe("the whole gate", () => {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "pi-bench-test-"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

  /** The gate's figure for --version, with a shell script in the place of pi. */
  function gateOn(name: string, script: string | undefined) {
    const program = join(folder, name);
    if (script !== undefined) {
      writeFileSync(program, `#!/bin/sh\n${script}\n`);
      chmodSync(program, 0o755);
    }
    const results = join(folder, `${name}-results`);
    const args = ["scripts/bench/run.mjs", "--gate", "--only", "version", "--rounds", "3", "--results", results];
    const run = spawnSync(process.execPath, args, { cwd: root, encoding: "utf8", env: { ...process.env, PI_BENCH_PROGRAM: program } });
    return { ...run, results };
  }

  test("is green for a quick program and red for the same with a delay", () => {
    const quick = gateOn("quick", `echo ${version}`);
    expect(quick.stderr).not.toContain("failed");
    expect(quick.status).toBe(0);
    const delayed = gateOn("delayed", `sleep 0.2; echo ${version}`);
    expect(delayed.stdout).toContain("too high (measured 4 times)");
    expect(delayed.stderr).toContain("failed: version");
    expect(delayed.status).toBe(1);

    const kept = readdirSync(delayed.results).map((file) => readFileSync(join(delayed.results, file), "utf8"));
    const records = kept.join("").trimEnd().split("\n");
    const [origin, ...rows] = records.map((line) => JSON.parse(line));
    expect(origin).toMatchObject({ machine: { platform: process.platform }, commit: expect.any(String) });
    expect(rows.filter((row) => row.contender === "pi")).toHaveLength(12);
    expect(rows.at(-1)).toMatchObject({ figure: "version", state: "too high" });
  });

  test("is red for a program that fails, says something else, or is not there", () => {
    const failing = gateOn("failing", `echo "no such option" >&2; exit 3`);
    expect(failing.stdout).toContain("missing: pi: ended with 3; stderr: no such option");
    expect(failing.status).toBe(1);
    const lying = gateOn("lying", "echo something else");
    expect(lying.stdout).toContain("its output does not hold");
    expect(lying.status).toBe(1);
    const absent = gateOn("absent", undefined);
    expect(absent.stderr).toMatch(/absent is not there: run npm run build/);
    expect(absent.status).toBe(1);
  });
});
