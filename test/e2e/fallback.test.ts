// Going on with another model, at another service and in another format, when one is not available; and what the next run remembers of it.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import type { ProgramResult } from "../support/program.ts";
import { type Service, services } from "../support/served.ts";
import { messagesOf, soundSession } from "../support/sound-session.ts";
import type { Script, StrictServer } from "../support/strict/script.ts";
import { type Json, recordsOf, test, type World } from "../support/world.ts";

const [anthropic, chat, responses, google] = services as [Service, Service, Service, Service];
const quick = "[retry]\nmax_retries = 1\nbase_delay_ms = 1\n";
const fine: Script = { say: [{ text: "Fine" }] };

interface Place {
  servers: StrictServer[];
  run(args: string[]): Promise<ProgramResult>;
  counts(): number[];
}

/** A server for each service, each with its scripts. */
async function serve(world: World, scripts: [Service, Script[]][], toml = quick): Promise<Place> {
  const servers: StrictServer[] = [];
  let env: Record<string, string> = {};
  let config = toml;
  for (const [service, list] of scripts) {
    const server = await world.strict(service.format, list);
    servers.push(server);
    env = { ...env, ...service.env(server.baseUrl) };
    config += service.toml(server.baseUrl);
  }
  world.config(config);
  return { servers, run: (args) => world.run(args, { env }), counts: () => servers.map((server) => server.requests.length) };
}

function entriesOf(world: World): Json[] {
  return soundSession(world.sessionFiles()[0] ?? "");
}

describe.concurrent("fallback", () => {
  test("across services and formats: recorded, said, and told in the result", async ({ world }) => {
    const place = await serve(world, [
      [anthropic, [{ refuse: 529 }]],
      [chat, [fine]],
    ]);
    const args = ["--model", anthropic.model, "--fallback-model", chat.model, "--mode", "json", "--result", "-", "hi"];
    const { stdout, stderr, status } = await place.run(args);
    expect({ status, counts: place.counts() }).toEqual({ status: 0, counts: [2, 1] });
    expect(stderr).toBe(`pi: ${anthropic.model} is not available (overloaded); going on with ${chat.model}\n`);
    const records = recordsOf(stdout);
    expect(records.at(-1)).toMatchObject({ outcome: "done", text: "Fine", model: chat.model, retries: 1 });
    const at = records.findIndex((record) => record.type === "entry_appended");
    expect(records[at].entry).toMatchObject({ type: "model_change", provider: "local", modelId: "test-model" });
    expect(records.slice(0, at).findLast((record) => record.type === "auto_retry_end")).toMatchObject({ success: false });
    expect(entriesOf(world).filter((entry) => entry.type === "model_change")).toHaveLength(2);
    for (const server of place.servers) expect(server.complaints).toEqual([]);
  });

  test("in the middle of a conversation: text and tool calls are handed over, thinking is not", async ({ world }) => {
    world.write("notes.txt", "the answer is 42");
    const look: Script = { say: [{ thinking: "Where is it?" }, { text: "Looking." }, { call: "read", arguments: { path: "notes.txt" } }] };
    const place = await serve(world, [
      [anthropic, [look, { refuse: 529 }]],
      [google, [{ refuse: 503 }]],
      [responses, [{ say: [{ thinking: "Ah." }, { text: "42" }] }]],
    ]);
    const fallbacks = ["--fallback-model", google.model, "--fallback-model", responses.model];
    const result = await place.run(["-p", "--model", `${anthropic.model}:medium`, ...fallbacks, "find the answer"]);
    expect(result).toMatchObject({ status: 0, stdout: "42\n" });
    expect(result.stderr.trimEnd().split("\n")).toHaveLength(2);
    expect(place.counts()).toEqual([3, 2, 1]);
    for (const server of place.servers) expect(server.complaints).toEqual([]);
    const last = place.servers[2]?.requests[0]?.rawBody ?? "";
    for (const text of ["Looking.", "notes.txt", "the answer is 42"]) expect(last).toContain(text);
    expect(last).not.toContain("Where is it?");
    expect(messagesOf(entriesOf(world)).at(-1)).toMatchObject({ provider: "openai", stopReason: "stop" });
  });

  test("a spent quota is remembered by the next process until its reset", async ({ world }) => {
    const spent: Script = { refuse: 402, type: "billing_error", headers: { "retry-after": "3600" } };
    const place = await serve(world, [
      [anthropic, [spent, fine]],
      [chat, [fine]],
    ]);
    const args = ["-p", "--model", anthropic.model, "--fallback-model", chat.model, "hi"];
    expect(await place.run(args)).toMatchObject({ status: 0, stdout: "Fine\n", stderr: expect.stringContaining("not available (quota)") });
    expect(place.counts()).toEqual([1, 1]);
    const again = await place.run(args);
    expect(again).toMatchObject({ status: 0, stdout: "Fine\n" });
    expect(again.stderr).toMatch(/^pi: The quota of anthropic\/claude-sonnet-4-5 is spent until \d{4}-.*Z; using local\/test-model\n$/);
    expect(place.counts()).toEqual([1, 2]);
    const memory = join(world.agentDir, "cache/spent-quotas.json");
    const stored = JSON.parse(readFileSync(memory, "utf8"));
    writeFileSync(memory, JSON.stringify({ ...stored, [anthropic.model]: Date.now() - 1 }));
    expect(await place.run(args)).toMatchObject({ status: 0, stdout: "Fine\n", stderr: "" });
    expect(place.counts()).toEqual([2, 2]);
  });

  test("without a fallback a spent quota is the outcome, and nothing is remembered", async ({ world }) => {
    const place = await serve(world, [[anthropic, [{ refuse: 402, type: "billing_error" }, fine]]]);
    const first = await place.run(["-p", "--model", anthropic.model, "--result", "-", "hi"]);
    expect(JSON.parse(first.stdout)).toMatchObject({ outcome: "quota", error: { code: "model.quota" } });
    expect(await place.run(["-p", "--model", anthropic.model, "hi"])).toMatchObject({ status: 0, stderr: "" });
  });

  test("where all fail, the last failure is the outcome, and each is remembered", async ({ world }) => {
    const place = await serve(world, [
      [anthropic, [{ refuse: 529 }]],
      [chat, [{ refuse: 429, type: "insufficient_quota", message: "no money", headers: { "retry-after": "7200" } }]],
    ]);
    const result = await place.run(["-p", "--model", anthropic.model, "--fallback-model", chat.model, "--result", "-", "hi"]);
    expect(result.status).toBe(1);
    expect(result.stderr).toContain("no money");
    const record = JSON.parse(result.stdout);
    expect(record).toMatchObject({ outcome: "quota", model: chat.model, error: { code: "model.quota" } });
    const stored = JSON.parse(readFileSync(join(world.agentDir, "cache/spent-quotas.json"), "utf8"));
    expect(stored).toEqual({ [chat.model]: record.retryAt });
  });

  test("not for what another model would refuse too", async ({ world }) => {
    const place = await serve(world, [
      [anthropic, [{ refuse: 401 }]],
      [chat, [fine]],
    ]);
    expect(await place.run(["-p", "--model", anthropic.model, "--fallback-model", chat.model, "hi"])).toMatchObject({ status: 1 });
    expect(place.counts()).toEqual([1, 0]);
  });

  test("the model_change is told as such also where the thinking level changes with it", async ({ world }) => {
    const place = await serve(world, [
      [anthropic, [{ refuse: 529 }]],
      [chat, [fine]],
    ]);
    const args = ["--model", `${anthropic.model}:high`, "--fallback-model", chat.model, "--mode", "json", "hi"];
    const records = recordsOf((await place.run(args)).stdout);
    const appended = records.filter((record) => record.type === "entry_appended").map((record) => record.entry.type);
    expect(appended).toEqual(["model_change"]);
    expect(records.filter((record) => record.type === "thinking_level_changed")).toMatchObject([{ level: "off" }]);
  });

  test("a fallback's :level is the one it is asked at", async ({ world }) => {
    const place = await serve(world, [
      [anthropic, [{ refuse: 529 }]],
      [responses, [fine]],
    ]);
    await place.run(["-p", "--model", `${anthropic.model}:low`, "--fallback-model", `${responses.model}:high`, "hi"]);
    expect(place.servers[1]?.requests[0]?.body.reasoning).toMatchObject({ effort: "high" });
  });

  test("by configuration; one that is not known is said at once, and an error when strict", async ({ world }) => {
    const place = await serve(world, [[chat, [fine]]], `fallback_models = ["nonsense/none"]\n${quick}`);
    const result = await place.run(["-p", "--model", chat.model, "hi"]);
    expect(result).toMatchObject({ status: 0, stdout: "Fine\n" });
    expect(result.stderr).toMatch(/^pi: Fallback model nonsense\/none cannot be used: Model "nonsense\/none" not found\..*\n$/);
    const strict = await place.run(["-p", "--strict", "--model", chat.model, "hi"]);
    expect(strict).toMatchObject({ status: 2, stdout: "", stderr: expect.stringContaining("nonsense/none") });
    expect(place.counts()).toEqual([1]);
  });
});
