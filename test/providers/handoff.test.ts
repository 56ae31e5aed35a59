// A conversation goes from every wire format to every other and back, against servers that refuse what the real ones refuse.

import { afterEach, describe, expect, test } from "vitest";
import type { ModelMessage } from "../../src/contracts/message.ts";
import type { Model } from "../../src/contracts/model.ts";
import { loadProvider } from "../../src/providers/registry.ts";
import {
  type Answer,
  collect,
  messageOfAnswer,
  pixel,
  readTool,
  testCall,
  testModel,
  testRequest,
  toolResult,
  user,
} from "../support/model-calls.ts";
import { strictAnthropic } from "../support/strict/anthropic.ts";
import { strictGoogle } from "../support/strict/google.ts";
import { strictChat } from "../support/strict/openai-completions.ts";
import { strictResponses } from "../support/strict/openai-responses.ts";
import { type Part, type StrictFormat, type StrictServer, startStrictServer } from "../support/strict/script.ts";

interface Side {
  name: string;
  format: StrictFormat;
  model: Partial<Model>;
}

const sides: Side[] = [
  { name: "anthropic", format: strictAnthropic, model: { id: "claude-opus-4-5", provider: "anthropic" } },
  { name: "completions", format: strictChat, model: { id: "gpt-5.1", provider: "openai" } },
  { name: "responses", format: strictResponses, model: { id: "gpt-5.4", provider: "openai" } },
  { name: "google", format: strictGoogle, model: { id: "gemini-3.1-pro-preview", provider: "google" } },
];

/** One side's model of another version: the same format, and yet foreign. */
const siblings: Side[] = [
  { name: "anthropic sibling", format: strictAnthropic, model: { id: "claude-sonnet-5", provider: "anthropic" } },
  { name: "completions sibling", format: strictChat, model: { id: "gpt-5.2", provider: "openai" } },
  { name: "responses sibling", format: strictResponses, model: { id: "gpt-6-sol", provider: "openai" } },
  { name: "google 2.5", format: strictGoogle, model: { id: "gemini-2.5-flash", provider: "google" } },
];

const callTurn: Part[] = [
  { thinking: "I must look — twice." },
  { redacted: "hidden" },
  { text: "Looking." },
  { call: "read", arguments: { path: "a.txt" } },
  { call: "read", arguments: { path: "b.png" } },
];

const servers: StrictServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function ask(side: Side, messages: ModelMessage[], say: Part[]): Promise<{ answer: Answer; model: Model; body: string }> {
  const server = await startStrictServer(side.format, [{ say }]);
  servers.push(server);
  const model = testModel({ api: side.format.api, ...side.model, baseUrl: server.baseUrl });
  const provider = await loadProvider(model.api);
  const request = testRequest({ messages, tools: [readTool], thinkingLevel: "medium" });
  const answer = await collect(provider.stream(testCall({ model, request })));
  expect(server.complaints).toEqual([]);
  expect(answer.failure).toBeUndefined();
  return { answer, model, body: server.requests[0]?.rawBody ?? "" };
}

/** A turn with thinking, text and two calls, answered; the last answered one by no result when `orphan`. */
async function turn(side: Side, history: ModelMessage[], orphan: boolean): Promise<ModelMessage[]> {
  const { answer, model } = await ask(side, history, callTurn);
  const message = messageOfAnswer(model, answer);
  const [first, second] = answer.content.flatMap((block) => (block.type === "toolCall" ? [block] : []));
  if (first === undefined || second === undefined) throw new Error("two calls were scripted");
  const image = { content: [{ type: "image", data: pixel, mimeType: "image/png" }] };
  return [...history, message, toolResult(first.id, "read", "text of a"), ...(orphan ? [] : [toolResult(second.id, "read", "", image)])];
}

function testPair(from: Side, to: Side): void {
  test(`${from.name} to ${to.name} and back`, async () => {
    const start = [
      user([
        { type: "text", text: "Look at both" },
        { type: "image", data: pixel, mimeType: "image/png" },
      ]),
    ];
    const first = await turn(from, start, false);
    const second = await turn(to, first, true);
    const back = await ask(from, [...second, user("And now?")], [{ text: "All done." }]);
    const end = await ask(
      to,
      [...second, user("And now?"), messageOfAnswer(back.model, back.answer), user("Thanks")],
      [{ text: "Welcome." }],
    );
    for (const { body } of [back, end]) {
      expect(body).toContain("text of a");
      expect(body).toContain("No result provided");
      // Thinking goes back to the model whose it is, and to no other.
      expect(body.split("I must look — twice.").length).toBe(from === to ? 3 : 2);
      expect(body.split(pixel).length).toBe(3);
    }
  });
}

describe("all ordered pairs of formats", () => {
  for (const from of sides) for (const to of sides) testPair(from, to);
});

describe("another model of the same format", () => {
  sides.forEach((from, index) => {
    const to = siblings[index];
    if (to !== undefined) testPair(from, to);
  });
});

test("a model without images gets a note in their place, whoever wrote the history", async () => {
  const [anthropic, completions] = sides;
  if (anthropic === undefined || completions === undefined) throw new Error("no sides");
  const history = await turn(anthropic, [user("Look")], false);
  const blind = { ...completions, model: { ...completions.model, input: ["text"] } } as Side;
  const { body } = await ask(blind, history, [{ text: "Blind." }]);
  expect(body).not.toContain(pixel);
  expect(body).toContain("Image omitted");
});
