// `pi sessions fork --summarize`: a copy that knows what it has left behind; the session it comes from stays as it was.

import { readFileSync } from "node:fs";
import { describe, expect } from "vitest";
import type { Way } from "../support/program.ts";
import { services } from "../support/served.ts";
import { strictAnthropic } from "../support/strict/anthropic.ts";
import type { StrictServer } from "../support/strict/script.ts";
import { type Json, test, type World } from "../support/world.ts";

const [anthropic] = services;
if (anthropic === undefined) throw new Error("no service");

describe.each<Way>(["binary", "node"])("on %s", (way) => {
  /** Three turns, and the entry of the first answer. */
  async function threeTurns(
    world: World,
    summary: Json,
  ): Promise<{ server: StrictServer; env: Record<string, string>; path: string; at: string }> {
    const say = (text: string): Json => ({ say: [{ text }] });
    const server = await world.strict(strictAnthropic, [say("First."), say("Second."), say("Third."), summary]);
    const env = anthropic?.env(server.baseUrl) ?? {};
    for (const text of ["one", "two", "three"]) {
      await world.run(["--session-id", "long", "--model", anthropic?.model ?? "", "-p", text], { way, env });
    }
    const [path = ""] = world.sessionFiles();
    const entries = lines(path);
    return { server, env, path, at: entries.find(({ message }) => message?.role === "assistant").id };
  }
  const lines = (path: string): Json[] =>
    readFileSync(path, "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));

  test("by the session's own model, of what is left behind alone", async ({ world }) => {
    const { server, env, path, at } = await threeTurns(world, { say: [{ text: "They went on to three." }] });
    const before = readFileSync(path, "utf8");
    const { stdout, stderr, status } = await world.run(
      ["sessions", "fork", "long", "--at", at, "--summarize", "--focus", "the numbers", "--json"],
      { way, env },
    );
    expect({ stderr, status, calls: server.requests.length }).toEqual({ stderr: "", status: 0, calls: 4 });
    const asked = JSON.stringify(server.requests[3]?.body);
    expect(asked).toContain("Second.");
    expect(asked).toContain("Additional focus: the numbers");
    expect(asked).not.toContain("First.");
    expect(server.requests[3]?.body.tools).toBeUndefined();
    const made = JSON.parse(stdout);
    const [header, ...entries] = lines(made.path);
    expect(header.parentSession).toBe(path);
    const summary = entries.find(({ type }) => type === "branch_summary");
    expect(summary).toMatchObject({
      id: made.summaryId,
      parentId: at,
      fromId: expect.any(String),
      summary: expect.stringContaining("They went on to three."),
    });
    expect(summary.usage.output).toBeGreaterThan(0);
    expect(JSON.stringify(entries)).not.toContain("Third.");
    expect(readFileSync(path, "utf8")).toBe(before);
    const server2 = await world.strict(strictAnthropic, [{ say: [{ text: "On." }] }]);
    await world.run(["--session", made.path, "-p", "go on"], { way, env: anthropic?.env(server2.baseUrl) ?? {} });
    expect(JSON.stringify(server2.requests[0]?.body.messages)).toContain("They went on to three.");
  });

  test("where the summary cannot be had no session is made; without anything behind the entry there is none", async ({ world }) => {
    const { env } = await threeTurns(world, { refuse: 400, message: "no" });
    const entry = lines(world.sessionFiles()[0] ?? "").find(({ message }) => message?.role === "assistant").id;
    const refused = await world.run(["sessions", "fork", "long", "--at", entry, "--summarize"], { way, env });
    expect(refused).toMatchObject({ status: 1, stdout: "", stderr: expect.stringMatching(/Summarization failed: 400/) });
    expect(world.sessionFiles()).toHaveLength(1);
    const whole = await world.run(["sessions", "fork", "long", "--summarize"], { way, env });
    expect(whole).toMatchObject({ status: 0, stderr: "Nothing is left behind: there is nothing to summarise.\n" });
    const alone = await world.run(["sessions", "fork", "long", "--focus", "x"], { way, env });
    expect(alone).toMatchObject({ status: 2, stdout: "" });
  });
});
