// `--max-turns`, `--max-cost`, `--timeout` and `[limits]`: the run ends in order with exit status 3, what there is is kept, and `-c` goes on.

import { describe, expect } from "vitest";
import { ways } from "../support/program.ts";
import { type Service, services } from "../support/served.ts";
import { messagesOf, soundSession } from "../support/sound-session.ts";
import { answerSteps, callSteps, type Json, recordsOf, test, textSteps, type World } from "../support/world.ts";

const [anthropic, completions] = services as [Service, Service];
const look = callSteps("bash", { command: "echo looked" });

function entries(world: World): Json[] {
  return messagesOf(soundSession(world.sessionFiles()[0] ?? ""));
}

describe.concurrent("turns", () => {
  test("the tools of the last turn are run, and -c goes on from there", async ({ world }) => {
    const model = world.trace(look, look, answerSteps("never asked for"));
    const first = await world.run(["-p", "--model", model, "--max-turns", "2", "hi"]);
    expect(first).toMatchObject({ status: 3, stdout: "", stderr: "Stopped after 2 turns (--max-turns 2) (Go on with -c)\n" });
    expect(entries(world).map((message) => message.role)).toEqual(["user", "assistant", "toolResult", "assistant", "toolResult"]);
    const on = await world.run(["-c", "-p", "--model", world.trace(answerSteps("Done.")), "--max-turns", "2", "go on"]);
    expect(on).toMatchObject({ status: 0, stdout: "Done.\n", stderr: "" });
  });

  test("an answer that needs no more turns is no budget's business", async ({ world }) => {
    const run = await world.run(["-p", "--model", world.trace(answerSteps("Done.")), "--max-turns", "1", "hi"]);
    expect(run).toMatchObject({ status: 0, stdout: "Done.\n" });
  });

  test("of all prompts of a run together: the next one is not begun, the answer so far is kept", async ({ world }) => {
    const model = world.trace(answerSteps("First."), answerSteps("never asked for"));
    const run = await world.run(["-p", "--model", model, "--max-turns", "1", "one", "two"]);
    expect(run).toMatchObject({ status: 3, stdout: "First.\n", stderr: expect.stringMatching(/^Stopped after 1 turn /) });
    expect(entries(world)).toHaveLength(2);
  });

  test("a failed try is no turn", async ({ world }) => {
    world.config("[retry]\nbase_delay_ms = 1\n");
    const busy = [{ type: "event", event: { type: "failure", failure: { code: "overloaded", message: "529" } } }];
    const run = await world.run(["-p", "--model", world.trace(busy, look, answerSteps("Done.")), "--max-turns", "2", "hi"]);
    expect(run).toMatchObject({ status: 0, stdout: "Done.\n" });
  });

  test("by configuration; the command line wins, 0 is no limit", async ({ world }) => {
    world.config("[limits]\nmax_turns = 1\n");
    expect(await world.run(["-p", "--model", world.trace(look, answerSteps("Done.")), "hi"])).toMatchObject({ status: 3 });
    expect(await world.run(["-p", "--model", world.trace(look, answerSteps("Done.")), "--max-turns", "0", "hi"])).toMatchObject({
      status: 0,
    });
  });

  test("RPC mode: each prompt has its own", async ({ world }) => {
    const model = world.trace(look, answerSteps("Second."));
    const program = world.start(["--mode", "rpc", "--model", model, "--max-turns", "1"], { stdin: "silent" });
    program.child.stdin?.write('{"type":"prompt","message":"one"}\n');
    await program.said('"outcome":"budget"');
    program.child.stdin?.end('{"type":"prompt","message":"two"}\n');
    const { stdout } = await program.result;
    const settled = recordsOf(stdout).filter((record) => record.type === "agent_settled");
    expect(settled).toMatchObject([{ outcome: "budget" }, { outcome: "done" }]);
  });
});

describe.concurrent("cost", () => {
  const call = { say: [{ call: "bash", arguments: { command: "echo hi" } }], usage: { input: 1_000_000, output: 0 } };
  const scripts = [call, { say: [{ text: "Done." }], usage: { input: 1_000_000, output: 0 } }];

  test("what is billed counts", async ({ world }) => {
    const server = await world.strict(anthropic.format, scripts);
    const args = ["-p", "--model", anthropic.model, "--max-cost", "1", "--result", "-", "hi"];
    const { stdout, stderr, status } = await world.run(args, { env: anthropic.env(server.baseUrl) });
    expect({ status, requests: server.requests.length }).toEqual({ status: 3, requests: 1 });
    expect(stderr).toMatch(/^Stopped after \d\.\d{4} USD \(--max-cost 1\)/);
    const record = JSON.parse(stdout);
    expect(record).toMatchObject({ outcome: "budget", error: { code: "budget.cost" } });
    expect(record.cost).toBeGreaterThan(1);
  });

  test.for(["", "auth_header = true\n"])(
    "a key of one's own provider counts, whatever header carries it: %j",
    async (header, { world }) => {
      const server = await world.strict(completions.format, scripts);
      const model = '[[providers.own.models]]\nid = "priced"\ncost = { input = 1, output = 1 }\n';
      world.config(`[providers.own]\nbase_url = "${server.baseUrl}"\napi_key = "k"\n${header}${model}`);
      const { status, stderr } = await world.run(["-p", "--model", "own/priced", "--max-cost", "0.01", "hi"]);
      expect({ status, requests: server.requests.length }).toEqual({ status: 3, requests: 1 });
      expect(stderr).toMatch(/^Stopped after 1\.0000 USD \(--max-cost 0\.01\)/);
    },
  );

  test("a subscription's notional cost does not stop a run", async ({ world }) => {
    const server = await world.strict(anthropic.format, scripts);
    const env = { ANTHROPIC_BASE_URL: server.baseUrl, ANTHROPIC_OAUTH_TOKEN: "token-of-a-subscription" };
    const run = await world.run(["-p", "--model", anthropic.model, "--max-cost", "1", "hi"], { env });
    expect(run).toMatchObject({ status: 0, stdout: "Done.\n", stderr: "" });
    expect(server.complaints).toEqual([]);
    expect(server.requests).toHaveLength(2);
  });

  test("the next try of a failed call is not begun beyond it", async ({ world }) => {
    world.config("[limits]\nmax_cost_usd = 0.1\n[retry]\nbase_delay_ms = 1\n");
    const cost = { input: 0.2, output: 0, cacheRead: 0, cacheWrite: 0, total: 0.2 };
    const usage = { input: 1, output: 0, cacheRead: 0, cacheWrite: 0, totalTokens: 1, cost };
    const steps = [
      { type: "event", event: { type: "usage", usage } },
      { type: "event", event: { type: "failure", failure: { code: "overloaded", message: "529" } } },
    ];
    const run = await world.run(["--mode", "json", "--model", world.trace(steps, answerSteps("Done.")), "hi"]);
    expect(run.status).toBe(3);
    const types = recordsOf(run.stdout).map((record) => record.type);
    expect(types).not.toContain("auto_retry_start");
    expect(recordsOf(run.stdout).at(-1)).toMatchObject({ type: "agent_settled", outcome: "budget" });
  });
});

describe.concurrent("time", () => {
  test("in the delay before a retry", async ({ world }) => {
    world.config("[retry]\nbase_delay_ms = 60000\nmax_delay_ms = 60000\n");
    const busy = [{ type: "event", event: { type: "failure", failure: { code: "overloaded", message: "529" } } }];
    const args = ["--mode", "json", "--model", world.trace(busy), "--timeout", "2s", "--result", "-", "hi"];
    const { stdout, status, durationMs } = await world.run(args);
    expect(status).toBe(3);
    expect(durationMs).toBeLessThan(50_000);
    const records = recordsOf(stdout);
    expect(records.at(-1)).toMatchObject({ outcome: "budget", retries: 1, error: { code: "budget.timeout" } });
    expect(records.find((record) => record.type === "auto_retry_end")).toMatchObject({ success: false, finalError: "Retry cancelled" });
  });

  test("in a tool, which is stopped", async ({ world }) => {
    const model = world.trace(callSteps("bash", { command: "echo begun; exec sleep 60" }), answerSteps("never"));
    const { status, stderr, survivors } = await world.run(["-p", "--model", model, "--timeout", "3s", "hi"]);
    expect({ status, stderr, survivors }).toEqual({
      status: 3,
      stderr: "Stopped after 3 s (--timeout) (Go on with -c)\n",
      survivors: [],
    });
    expect(entries(world).slice(-2)).toMatchObject([
      { role: "toolResult", content: [{ text: expect.stringContaining("begun") }] },
      { role: "assistant", content: [], stopReason: "aborted" },
    ]);
  });

  test("in the middle of an answer, which is kept; by configuration", async ({ world }) => {
    world.config('[limits]\ntimeout = "2s"\n');
    const { status, stdout } = await world.run(["-p", "--model", world.trace([...textSteps("The first half"), { type: "hang" }]), "hi"]);
    expect({ status, stdout }).toEqual({ status: 3, stdout: "The first half\n" });
    expect(entries(world).at(-1)).toMatchObject({ stopReason: "aborted", content: [{ text: "The first half" }] });
    const on = await world.run(["-c", "-p", "--model", world.trace(answerSteps("The second half")), "go on"]);
    expect(on).toMatchObject({ status: 0, stdout: "The second half\n" });
  });
});

describe.concurrent("values that are none", () => {
  const bad: [string[], RegExp][] = [
    [["--max-turns", "1.5"], /--max-turns "1\.5" is not a whole number/],
    [["--max-turns", "-1"], /--max-turns "-1"/],
    [["--max-cost", "free"], /--max-cost "free" is not a number/],
    [["--timeout", "10"], /--timeout "10" is not a duration.*90s/],
    [["--stall", "model"], /--stall model "" is not a duration/],
    [["--stall", "network=3s"], /neither model=… nor tool=…/],
  ];
  test.for(bad)("%s", async ([args, message], { world }) => {
    const { status, stdout, stderr } = await world.run(["-p", "--model", "demo", ...args, "hi"]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(message);
  });
});

describe.concurrent("limits that are longer than a timer can be", () => {
  test.for(ways)("%s: nothing is over at once, neither the run nor what it waits for", async (way, { world }) => {
    world.config('[limits]\ntimeout = "60d"\n[retry.provider]\ntimeout_ms = 2592000000\n');
    const command = callSteps("bash", { command: "sleep 0.3; echo slept" });
    const slow = answerSteps("Done.").map((step) => ({ delayMs: 20, ...step }));
    // By the configuration, and by options.
    const limits = ["--stall", "model=30d", "--stall", "tool=30d", ...(way === "bun" ? [] : ["--timeout", "30d"])];
    const run = await world.run(["-p", "--model", world.trace(command, slow), ...limits, "hi"], { way });
    expect(run).toMatchObject({ status: 0, stdout: "Done.\n", stderr: "" });
    expect(entries(world).find((message) => message.role === "toolResult")).toMatchObject({
      content: [{ text: "slept\n" }],
      isError: false,
    });
  });
});
