// One task of five turns that reads, edits, runs and rereads, with a strict server in the place of each provider: the same transcript from
// the binary, from Node and from Bun sources, and requests that the services take.

import { readFileSync } from "node:fs";
import { describe, expect } from "vitest";
import { type Way, ways } from "../support/program.ts";
import { type Service, secret, services } from "../support/served.ts";
import { messagesOf, soundSession } from "../support/sound-session.ts";
import type { Script, StrictServer } from "../support/strict/script.ts";
import { createWorld, type Json, recordsOf, test, type World } from "../support/world.ts";

const edits = [{ oldText: "a - b", newText: "a + b" }];
const turns: Script[] = [
  {
    say: [
      { thinking: "I look at both files." },
      { text: "Let me look." },
      { call: "read", arguments: { path: "sum.mjs" } },
      { call: "read", arguments: { path: "check.sh" } },
    ],
  },
  { say: [{ call: "edit", arguments: { path: "sum.mjs", edits } }] },
  { say: [{ call: "bash", arguments: { command: "sh check.sh; echo ran >&2" } }] },
  {
    say: [
      { thinking: "Better see." },
      { call: "read", arguments: { path: "sum.mjs" } },
      { call: "write", arguments: { path: "notes/done.md", content: "fixed\n" } },
    ],
  },
  { say: [{ text: "The sum was a difference. " }, { text: "Fixed." }], usage: { input: 900, output: 30, cacheRead: 100 } },
];
const outputText = { "anthropic-messages": "The sum was a difference. \nFixed.\n" } as Record<string, string>;

interface Performance {
  stdout: string;
  transcript: Json[];
  requests: Json[];
  server: StrictServer;
  world: World;
  events: Json[];
}

async function perform(world: World, service: Service, way: Way): Promise<Performance> {
  const server = await world.strict(service.format, turns);
  world.config(service.toml(server.baseUrl));
  world.write("sum.mjs", "export const sum = (a, b) => a - b;\n");
  world.write("check.sh", "grep -c 'a + b' sum.mjs\n");
  world.write("AGENTS.md", "Say what you did.\n");
  const args = ["--model", service.model, "--thinking", "medium", "--mode", "json", "-p", "Fix the sum."];
  const { stdout, stderr, status, survivors } = await world.run(args, { way, env: service.env(server.baseUrl) });
  expect({ stderr, status, survivors, complaints: server.complaints }).toEqual({ stderr: "", status: 0, survivors: [], complaints: [] });
  const events = recordsOf(stdout);
  const transcript = soundSession(world.sessionFiles()[0] ?? "");
  return { stdout, transcript, requests: server.requests.map((request) => request.body), server, world, events };
}

/** What differs from run to run: ids, times, places. */
function normalised(value: unknown, world: World, server: StrictServer): Json {
  const ids = new Map<string, string>();
  const number = (id: string): string => {
    if (!ids.has(id)) ids.set(id, `id-${ids.size}`);
    return ids.get(id) ?? "";
  };
  const text = JSON.stringify(value, (key, one) => {
    if (/^(timestamp|durationMs|wall_time_seconds)$/.test(key)) return 0;
    if (/^(id|parentId|toolCallId|prompt_cache_key|(tool_)?call_id|tool_use_id)$/.test(key) && typeof one === "string") return number(one);
    return one;
  });
  return JSON.parse(text.replaceAll(world.cwd, "<cwd>").replaceAll(world.home, "<home>").replaceAll(server.url, "<url>"));
}

/** Which of two tools that run at the same time ends first is nobody's promise, nor is how often one reports. */
function comparable(events: readonly Json[]): Json[] {
  const isEnd = (event: Json): boolean => event.type === "tool_execution_end";
  const inOrder = events.filter((event) => !isEnd(event) && event.type !== "tool_execution_update");
  const calls = events.filter((event) => event.type === "tool_execution_start").map((event) => event.toolCallId);
  const ends = events.filter(isEnd).sort((a, b) => calls.indexOf(a.toolCallId) - calls.indexOf(b.toolCallId));
  return [...inOrder, ...ends].map((event) => ({ ...event, seq: 0 }));
}

describe.concurrent.each(services)("$format.api", (service) => {
  test("the same from the binary, from Node and from Bun sources", async () => {
    const worlds = ways.map(() => createWorld());
    try {
      const all = await Promise.all(worlds.map(({ world }, index) => perform(world, service, ways[index] ?? "binary")));
      const [first, ...others] = all.map((one) => ({
        transcript: normalised(one.transcript, one.world, one.server),
        requests: normalised(one.requests, one.world, one.server),
        events: normalised(comparable(one.events), one.world, one.server),
      }));
      for (const other of others) expect(other).toEqual(first);
    } finally {
      for (const { close } of worlds) await close();
    }
  });

  test("the task is done and the requests are what they should be", async ({ world }) => {
    const { transcript, requests, server, events } = await perform(world, service, "binary");
    expect(world.read("sum.mjs")).toBe("export const sum = (a, b) => a + b;\n");
    expect(world.read("notes/done.md")).toBe("fixed\n");
    const messages = messagesOf(transcript);
    expect(messages.map((message) => message.role)).toEqual([
      ...["user", "assistant", "toolResult", "toolResult"],
      ...["assistant", "toolResult", "assistant", "toolResult"],
      ...["assistant", "toolResult", "toolResult", "assistant"],
    ]);
    const results = messages.filter((message) => message.role === "toolResult");
    expect(results.map((result) => result.isError)).toEqual([false, false, false, false, false, false]);
    expect(results[3].content[0].text).toBe("1\nran\n");
    expect(results[4].content[0].text).toContain("a + b");
    expect(messages[1].content.map((block: Json) => block.type)).toEqual(["thinking", "text", "toolCall", "toolCall"]);
    expect(messages.at(-1).usage).toMatchObject({ input: 900, output: 30, cacheRead: 100, totalTokens: 1030 });
    expect(requests).toHaveLength(5);
    for (const [index, request] of server.requests.entries()) {
      // Each request begins with the one before: what a service has cached stays of use.
      expect(JSON.stringify(request.body.tools)).toBe(JSON.stringify(server.requests[0]?.body.tools));
      expect(request.rawBody).toContain("Say what you did.");
      expect(request.rawBody).not.toContain(secret);
      expect(Object.values(request.headers).filter((value) => value.includes(secret))).toHaveLength(1);
      if (index > 0) expect(request.rawBody).toContain("I look at both files.");
    }
    expect(JSON.stringify(transcript)).not.toContain(secret);
    const ends = events.filter((event) => event.type === "message_end").map((event) => event.message);
    expect(ends).toEqual(transcript.filter((entry) => entry.type === "message").map((entry) => entry.message));
  });

  test("print mode prints the last answer; -c goes on with what was said", async ({ world }) => {
    const server = await world.strict(service.format, [...turns, { say: [{ text: "As I said." }] }]);
    world.config(service.toml(server.baseUrl));
    world.write("sum.mjs", "export const sum = (a, b) => a - b;\n");
    world.write("check.sh", "true\n");
    const env = service.env(server.baseUrl);
    const first = await world.run(["--model", service.model, "-p", "Fix the sum."], { env });
    expect(first).toMatchObject({ status: 0, stderr: "" });
    expect(first.stdout.replaceAll("\n", "")).toBe("The sum was a difference. Fixed.");
    if (outputText[service.format.api]) expect(first.stdout).toBe(outputText[service.format.api]);
    const second = await world.run(["-c", "-p", "And now?"], { env });
    expect(second).toMatchObject({ status: 0, stderr: "", stdout: "As I said.\n" });
    expect(server.complaints).toEqual([]);
    expect(server.requests[5]?.rawBody).toContain("I look at both files.");
    expect(server.requests[5]?.rawBody).toContain("And now?");
    expect(world.sessionFiles()).toHaveLength(1);
    soundSession(world.sessionFiles()[0] ?? "");
  });
});

test("Anthropic's cache marks stand on the system prompt, the last tool and the last message", async ({ world }) => {
  const service = services[0] as Service;
  const { requests } = await perform(world, service, "binary");
  for (const request of requests) {
    expect(request.system.at(-1).cache_control).toEqual({ type: "ephemeral" });
    expect(request.tools.map((tool: Json) => tool.cache_control !== undefined)).toEqual([false, false, false, true]);
    const marked = request.messages.filter((message: Json) => message.content.some?.((block: Json) => block.cache_control));
    expect(marked.at(-1)).toBe(request.messages.at(-1));
    expect(request.stream).toBe(true);
  }
  expect(readFileSync(world.sessionFiles()[0] ?? "", "utf8")).not.toContain("cache_control");
});
