// Compaction as a user of the shell sees it: the answer comes all the same, the session says what happened, the next start goes on from it.

import { describe, expect } from "vitest";
import { type Service, services } from "../support/served.ts";
import { soundSession } from "../support/sound-session.ts";
import { answerSteps, event, type Json, recordsOf, test } from "../support/world.ts";

const overflow = [event({ type: "failure", failure: { code: "overflow", message: "400 prompt is too long: 9 tokens > 8 maximum" } })];

const types = (records: readonly Json[]): string[] =>
  records.map(({ type }) => type).filter((type) => /^(agent|compaction|entry)/.test(type));

describe.concurrent("overflow", () => {
  test("the older part is summarised and the prompt asked again", async ({ world }) => {
    const model = world.trace(answerSteps("one"), overflow, answerSteps("What was before"), answerSteps("after"));
    const { stdout, stderr, status } = await world.run(["--model", model, "--mode", "json", "-p", "first", "second"]);
    expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
    expect(types(recordsOf(stdout))).toEqual([
      ...["agent_start", "agent_end", "agent_settled"],
      ...["agent_start", "agent_end", "entry_appended", "compaction_start", "compaction_end"],
      ...["agent_start", "agent_end", "agent_settled"],
    ]);
    const [file = ""] = world.sessionFiles();
    soundSession(file);
    const goOn = await world.run(["--model", world.trace(answerSteps("on")), "-c", "-p", "third"]);
    expect(goOn).toMatchObject({ stdout: "on\n", stderr: "", status: 0 });
    soundSession(file);
  });

  test("that compaction cannot help against ends the run as what it is", async ({ world }) => {
    const model = world.trace(overflow, answerSteps("never"));
    const { stdout, stderr, status } = await world.run(["--model", model, "-p", "much too long"]);
    expect({ stdout, status }).toEqual({ stdout: "", status: 1 });
    expect(stderr).toMatch(/^scripted takes no conversation that long \(400\): prompt is too long: 9 tokens > 8 maximum \(.+\)\n$/);
  });

  test("a summary that fails loses nothing: the next start has the whole conversation", async ({ world }) => {
    const refused = [event({ type: "failure", failure: { code: "bad_request", message: "400 no" } })];
    const model = world.trace(answerSteps("one"), overflow, refused);
    const { stdout, status } = await world.run(["--model", model, "--mode", "json", "-p", "first", "second"]);
    expect(status).toBe(1);
    const end = recordsOf(stdout).find(({ type }: Json) => type === "compaction_end");
    expect(end).toMatchObject({ reason: "overflow", willRetry: false, errorMessage: "Compaction failed: Summarization failed: 400 no" });
    const [file = ""] = world.sessionFiles();
    expect(soundSession(file).map(({ type }) => type)).not.toContain("compaction");
  });
});

describe.concurrent("a service that is overloaded while it sums up", () => {
  const overloaded = [event({ type: "failure", failure: { code: "overloaded", message: "529 Overloaded", status: 529 } })];
  const retries = (records: readonly Json[]): Json[] => records.filter(({ type }) => /^summarization_retry/.test(type));
  const settings = "[retry]\nbase_delay_ms = 1\nmax_retries = 2\n";

  test("each retry of the summary is told, and their end", async ({ world }) => {
    world.config(settings);
    const model = world.trace(answerSteps("one"), overflow, overloaded, overloaded, answerSteps("What was before"), answerSteps("after"));
    const { stdout, status } = await world.run(["--model", model, "--mode", "json", "-p", "first", "second"]);
    expect(status).toBe(0);
    const scheduled = {
      type: "summarization_retry_scheduled",
      maxAttempts: 2,
      delayMs: expect.any(Number),
      errorMessage: "529 Overloaded",
    };
    const started = { type: "summarization_retry_attempt_start", source: "compaction", reason: "overflow" };
    expect(retries(recordsOf(stdout))).toMatchObject([
      { ...scheduled, attempt: 1 },
      started,
      { ...scheduled, attempt: 2 },
      started,
      { type: "summarization_retry_finished" },
    ]);
    expect(types(recordsOf(stdout))).toContain("compaction_end");
  });

  test("also where none of them came to anything", async ({ world }) => {
    world.config(settings);
    const model = world.trace(answerSteps("one"), overflow, overloaded, overloaded, overloaded);
    const { stdout, status } = await world.run(["--model", model, "--mode", "json", "-p", "first", "second"]);
    expect(status).toBe(1);
    expect(retries(recordsOf(stdout)).map(({ type }) => type.replace("summarization_retry_", ""))).toEqual([
      ...["scheduled", "attempt_start", "scheduled", "attempt_start", "finished"],
    ]);
  });
});

describe.concurrent("a signal during the compaction behind an answer", () => {
  const chat = services[1] as Service;
  const settings = "[compaction]\nkeep_recent_tokens = 1\n";

  test.for([
    { prompts: ["first", "second"], status: 0, stdout: "two\n", outcome: "done" },
    { prompts: ["first", "second", "third"], status: 130, stdout: "", outcome: "aborted" },
  ])("$prompts.length prompts: $outcome", async ({ prompts, outcome, ...ending }, { world }) => {
    const server = await world.strict(chat.format, [
      { say: [{ text: "one" }] },
      { say: [{ text: "two" }], usage: { input: 95_000, output: 5 } },
      { wire: { hang: true } },
    ]);
    world.config(`${settings}${chat.toml(server.baseUrl)}`);
    const program = world.start(["--model", chat.model, "--result", "result.json", "-p", ...prompts], { env: chat.env(server.baseUrl) });
    await server.received(3);
    program.signal("SIGINT");
    expect(await program.result).toMatchObject(ending);
    expect(JSON.parse(world.read("result.json"))).toMatchObject({ outcome });
    expect(server.requests).toHaveLength(3);
    expect(soundSession(world.sessionFiles()[0] ?? "").at(-1)).toMatchObject({ message: { role: "assistant" } });
  });
});

test("an answer has the room that the service's own count of the prompt leaves", async ({ world }) => {
  const chat = services[1] as Service;
  const server = await world.strict(chat.format, [
    { say: [{ text: "one" }], usage: { input: 75_000, output: 5 } },
    { say: [{ text: "two" }], usage: { input: 94_000, output: 5 } },
    { say: [{ text: "three" }] },
  ]);
  world.config(`[compaction]\nenabled = false\n${chat.toml(server.baseUrl)}`);
  const env = chat.env(server.baseUrl);
  // A guess by length would leave the second and the third answer nothing.
  world.write("long.txt", "word ".repeat(76_000));
  const args = ["--model", chat.model, "-p", "@long.txt", "first", "second", "third"];
  expect(await world.run(args, { env })).toMatchObject({ stdout: "three\n", status: 0 });
  const asked = server.requests.map(({ body }) => body.max_tokens as number);
  expect(asked[1]).toBe(8000);
  // Six thousand are left; a quarter of that is for what was counted by nobody.
  expect(asked[2]).toBeGreaterThan(4400);
  expect(asked[2]).toBeLessThan(4600);
});
