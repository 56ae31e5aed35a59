// Print mode on a terminal: the answer as it comes on stdout; on stderr what was done, line by line, and one live line that is gone at the end.
// The terminal is script's (util-linux).

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { projectFolderName } from "../../src/session/lines/locate.ts";
import { answerSteps, callSteps, test, type World } from "../support/world.ts";

const hasScript = existsSync("/usr/bin/script");
const onTerminal = (redirections = ""): string => `script -qefc "$(printf '%q ' "$@")${redirections}" /dev/null < /dev/null`;
const clear = "\r\u001b[2K";

/** What stands on the screen in the end: each line from its last return on, colours taken off, times and ids replaced by their letters. */
function screen(output: string): string {
  return output
    .replaceAll("\r\n", "\n")
    .split("\n")
    .map((line) => line.slice(line.lastIndexOf(clear) < 0 ? 0 : line.lastIndexOf(clear) + clear.length))
    .join("\n")
    .replace(/\u001b\[\d*m/g, "")
    .replace(/\b[\d.]+ (?:ms|s)\b/g, "T")
    .replace(/(bash {2}[^\n]*?) {2}T$/gm, "$1")
    .replace(/session [\da-f-]+$/gm, "session ID");
}

const closing = (turns: string, more = ""): string => `${turns}, ${more}0 tokens, T, session ID\n`;

describe.skipIf(!hasScript)("on a terminal", () => {
  const run = ["-p", "go", "--model"];

  test("a live line, gone at the end; a line for what was done, the answer and what it came to stay", async ({ world }) => {
    const model = world.trace(callSteps("bash", { command: "echo hi" }), answerSteps("The answer."));
    const { stdout, status } = await world.run([...run, model], { shell: onTerminal() });
    expect(status).toBe(0);
    expect(stdout).toContain("turn 1");
    expect(screen(stdout)).toBe(`bash  echo hi\nThe answer.\n${closing("2 turns", "1 tool call, ")}`);
  });

  test("text before a call stands where it came, the answer once", async ({ world }) => {
    const [start, ...rest] = callSteps("bash", { command: "echo hi" });
    const said = [
      { type: "event", event: { type: "text_start", contentIndex: 0 } },
      { type: "event", event: { type: "text_delta", contentIndex: 0, delta: "I look\u001b[3" } },
      { type: "event", event: { type: "text_delta", contentIndex: 0, delta: "1m first." } },
      { type: "event", event: { type: "text_end", contentIndex: 0 } },
    ];
    const later = [start, ...rest].map((step) => JSON.parse(JSON.stringify(step).replaceAll('"contentIndex":0', '"contentIndex":1')));
    const model = world.trace([...said, ...later], answerSteps("Line one\n\u001b[2JLine two"));
    const { stdout } = await world.run([...run, model], { shell: onTerminal() });
    expect(screen(stdout)).toBe(`I look first.\nbash  echo hi\nLine one\nLine two\n${closing("2 turns", "1 tool call, ")}`);
    const piped = await world.run([...run, world.trace([...said, ...later], answerSteps("Line one\n\u001b[2JLine two"))]);
    expect([piped.stdout, piped.stderr]).toEqual(["Line one\n\u001b[2JLine two\n", ""]);
  });

  test("an answer that has to fit a schema is not streamed", async ({ world }) => {
    world.write("schema.json", '{"type":"object","properties":{"n":{"type":"number"}},"required":["n"]}');
    const model = world.trace(answerSteps("no json"), answerSteps('Here: {"n": 1}'));
    const { stdout } = await world.run(["--output-schema", "schema.json", ...run, model], { shell: onTerminal() });
    expect(screen(stdout)).toBe(`{"n":1}\n${closing("2 turns")}`);
  });

  test("says turn, tool, time, tokens and cost while it goes", async ({ world }) => {
    const usage = {
      type: "event",
      event: {
        type: "usage",
        usage: {
          input: 1000,
          output: 20,
          cacheRead: 0,
          cacheWrite: 0,
          totalTokens: 1020,
          cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, total: 0.25 },
        },
      },
    };
    const [first, ...rest] = callSteps("bash", { command: "sleep 0.7" });
    const { stdout } = await world.run([...run, world.trace([first ?? {}, usage, ...rest], answerSteps("Done."))], { shell: onTerminal() });
    expect(stdout).toMatch(/turn 1 · bash · \d+ s · 1\.0k tokens · \$0\.250/);
    expect(screen(stdout)).toContain("bash  sleep 0.7\nDone.\n2 turns, 1 tool call, 1.0k tokens, $0.250, T, session ID\n");
  });

  test("the line goes to stderr alone", async ({ world }) => {
    const { stdout } = await world.run([...run, world.trace(answerSteps("The answer."))], { shell: onTerminal(` > ${world.home}/out`) });
    expect(stdout).toContain("turn 1");
    expect(screen(stdout)).toBe(closing("1 turn"));
    expect(world.read("../home/out")).toBe("The answer.\n");
  });

  test("NO_COLOR: lines without colours, and none that lives", async ({ world }) => {
    const { stdout } = await world.run([...run, world.trace(answerSteps("The answer."))], { env: { NO_COLOR: "1" }, shell: onTerminal() });
    expect(stdout).not.toContain("\u001b");
    expect(screen(stdout)).toBe(`The answer.\n${closing("1 turn")}`);
  });

  test("--quiet: nothing but the answer", async ({ world }) => {
    const model = world.trace(callSteps("bash", { command: "echo hi" }), answerSteps("The answer."));
    const { stdout } = await world.run(["--quiet", ...run, model], { shell: onTerminal() });
    expect(stdout).toBe("The answer.\r\n");
  });

  test("no line when stderr is no terminal", async ({ world }) => {
    const { stdout } = await world.run([...run, world.trace(answerSteps("The answer."))], { shell: onTerminal(` 2> ${world.home}/err`) });
    expect(stdout).toBe("The answer.\r\n");
    expect(world.read("../home/err")).toBe("");
  });

  test("a failure stands alone on its line", async ({ world }) => {
    const failure = { type: "event", event: { type: "failure", failure: { code: "bad_request", message: "400 no" } } };
    const { stdout, status } = await world.run([...run, world.trace([failure])], { shell: onTerminal() });
    expect(status).toBe(1);
    expect(screen(stdout)).toMatch(new RegExp(`^${closing("0 turns")}scripted refused the request \\(400\\): no \\([^\n]*\\)\n$`));
  });

  test("retries and fallbacks have lines of their own, none falls into the live one", async ({ world }) => {
    world.config("[retry]\nmax_retries = 1\nbase_delay_ms = 300\n");
    const failure = { type: "event", event: { type: "failure", failure: { code: "overloaded", message: "529 busy" } } };
    const model = world.trace([failure], [failure]);
    const { stdout } = await world.run([...run, model, "--fallback-model", "demo"], { shell: onTerminal() });
    const lines = screen(stdout).split("\n");
    expect(lines[0]).toBe("retry  1/1 in T  busy (529)");
    expect(lines[1]).toMatch(/^pi: scripted\/.* is not available \(overloaded\); going on with scripted\/demo$/);
    expect(stdout).toContain("waiting to retry (1/1)");
  });
});

test("JSON mode and pipes see no line", async ({ world }) => {
  const { stdout, stderr } = await world.run(["--model", "demo", "--mode", "json", "-p", "hello"]);
  expect(stderr).toBe("");
  expect(stdout).not.toContain("\u001b");
});

test("in a log: only where it is asked for, line by line, the answer by itself", async ({ world }) => {
  const model = (): string => world.trace(callSteps("bash", { command: "echo hi; exit 3" }), answerSteps("The answer."));
  const plain = await world.run(["-p", "go", "--model", model()]);
  expect([plain.stdout, plain.stderr]).toEqual(["The answer.\n", ""]);
  for (const asked of [{ args: ["--progress"] }, { args: [], env: { PI_PROGRESS: "1" } }]) {
    const { args, ...changes } = asked;
    const { stdout, stderr } = await world.run([...args, "-p", "go", "--model", model()], changes);
    expect(stdout).toBe("The answer.\n");
    expect(stderr).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f]/);
    expect(stderr).toMatch(
      /^bash {2}echo hi; exit 3 {2}exit 3(?:, [\d.]+ m?s)?\n2 turns, 1 tool call, 0 tokens, [\d.]+ m?s, session [\da-f-]{36}\n$/,
    );
  }
  const verbose = await world.run(["--progress", "--verbose", "-p", "go", "--model", model()]);
  expect(verbose.stderr).toMatch(/^bash [^\n]*\n {2}hi\n/);
  const quiet = await world.run(["--progress", "--quiet", "-p", "go", "--model", model()]);
  expect(quiet.stderr).toBe("");
});

test.skipIf(!hasScript)("nothing that a model, a service or a file says can speak to it; a pipe gets the bytes", async ({ world }) => {
  const asked = ["-p", "go", "--model"];
  const evil = "\u001b]0;title\u0007a\u001b[2J\u001b[31mred\u001b[0m\u009b5A\u001bP1;1|x\u001b\\b\r\u202ec";
  const answer = world.trace(answerSteps(evil));
  expect((await world.run(["--quiet", ...asked, answer], { shell: onTerminal() })).stdout).toBe("ared5Abc\r\n");
  expect((await world.run([...asked, answer])).stdout).toBe(`${evil}\n`);
  const failure = world.trace([{ type: "event", event: { type: "failure", failure: { code: "bad_request", message: `400 ${evil}` } } }]);
  const failed = await world.run(["--quiet", ...asked, failure], { shell: onTerminal() });
  expect(failed.stdout).toContain("(400): ared5Abc (");
  world.config('["\\u001b[31munknown\\u001b]0;x\\u0007"]\na = 1\n');
  const warned = await world.run(["--quiet", ...asked, world.trace(callSteps("\u001b[2Jtool", {}), answerSteps("Done."))], {
    shell: onTerminal(),
  });
  expect(warned.stdout).toMatch(/unknown/);
  for (const { stdout } of [failed, warned]) expect(stdout).not.toMatch(/[\u001b\u009b\u202e\u0007]/);
});

describe.skipIf(!hasScript)("what is to be read", () => {
  const sized = (rows: number): string => `script -qefc "stty rows ${rows} cols 80; $(printf '%q ' "$@")" /dev/null < /dev/null`;

  function manySessions(world: World): void {
    for (let at = 0; at < 30; at++) {
      const id = `0000000${at + 10}-0000-4000-8000-000000000000`;
      const header = { type: "session", version: 3, id, timestamp: "2026-01-01T00:00:00.000Z", cwd: world.cwd };
      const message = { role: "user", content: `question ${at}`, timestamp: 1 };
      const entry = { type: "message", id: "00000001", parentId: null, timestamp: "2026-01-01T00:00:00.000Z", message };
      const directory = join(world.agentDir, "sessions", projectFolderName(world.cwd));
      mkdirSync(directory, { recursive: true });
      writeFileSync(join(directory, `2026-01-01T00-00-00-000Z_${id}.jsonl`), `${JSON.stringify(header)}\n${JSON.stringify(entry)}\n`);
    }
  }

  test.for(["binary", "node"] as const)("goes through PI_PAGER where it is longer than the screen, on %s", async (way, { world }) => {
    manySessions(world);
    const env = { PI_PAGER: `tee ${world.home}/read | wc -l`, PAGER: "false" };
    const short = await world.run(["sessions", "list", "--limit", "5"], { way, env, shell: sized(24) });
    expect(short.stdout.match(/question/g)).toHaveLength(5);
    expect(existsSync(join(world.home, "read"))).toBe(false);
    const { stdout, status } = await world.run(["sessions", "list"], { way, env, shell: sized(24) });
    expect({ said: stdout.replaceAll("\r", "").trim(), status }).toEqual({ said: "31", status: 0 });
    expect(readFileSync(join(world.home, "read"), "utf8").match(/question/g)).toHaveLength(30);
    const help = await world.run(["--help"], { way, env: { PAGER: "wc -w" }, shell: sized(24) });
    expect(Number(help.stdout)).toBeGreaterThan(200);
  });

  test("who leaves the pager has seen enough; one that is not there costs nothing; cat and nothing are none", async ({ world }) => {
    manySessions(world);
    const list = (PI_PAGER: string, rows = 10) => world.run(["sessions", "list"], { env: { PI_PAGER }, shell: sized(rows) });
    expect(await list("head -1")).toMatchObject({ status: 0, stdout: expect.stringMatching(/^[^\n]*SESSION[^\n]*\n$/) });
    for (const pager of ["no-such-pager", "", "cat"]) {
      const { stdout, status } = await list(pager);
      expect([status, stdout.match(/question/g)?.length]).toEqual([0, 30]);
    }
    expect((await list("no-such-pager", 100)).stdout).not.toContain("not found");
  });

  test("neither in a pipe nor into a file", async ({ world }) => {
    manySessions(world);
    const { stdout, stderr } = await world.run(["sessions", "list"], { env: { PI_PAGER: "false" } });
    expect([stdout.match(/question/g)?.length, stderr]).toEqual([30, ""]);
  });
});
