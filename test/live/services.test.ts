// The main cases of the provider contract against the real services, with the user's own keys: `PI_LIVE=1 npm test -- test/live`. It costs a few
// cents a service. One without a key is skipped by name; without PI_LIVE=1 nothing of it runs (vitest.config). PI_LIVE_MODELS=provider/id,… asks
// these models in place of each service's default one.

import { homedir } from "node:os";
import { describe, expect, test } from "vitest";
import { loadConfig } from "../../src/config/load-config.ts";
import type { Model } from "../../src/contracts/model.ts";
import type { ModelCall, ModelRequest } from "../../src/contracts/model-request.ts";
import { eachEvent } from "../../src/contracts/stream-event.ts";
import { defaultModels } from "../../src/harness/models/default-models.ts";
import { createModelAccess } from "../../src/harness/models/model-access.ts";
import { ModelRegistry } from "../../src/harness/models/model-registry.ts";
import { agentDirectory } from "../../src/platform/paths.ts";
import { baseUrlVariables, vendors } from "../../src/providers/vendors.ts";
import { type Answer, collect, messageOfAnswer, readTool, testRequest, toolResult, user } from "../support/model-calls.ts";
import { solidPicture } from "../support/solid-picture.ts";

const { env } = process;
const homeDir = homedir();
const cwd = process.cwd();
const agentDir = agentDirectory(env, homeDir, cwd);
// A project's own settings have no say in which service is asked.
const config = await loadConfig({ agentDir, cwd, homeDir, env, approve: false, baseUrlVariables: baseUrlVariables() });
const registry = new ModelRegistry({ config, env, agentDir, cwd });
const access = createModelAccess({ registry, config, env, trace: undefined, now: Date.now });

/** What is asked of each provider; nothing where the catalogue has none. */
function modelsAsked(): { name: string; provider: string; model: Model | undefined }[] {
  const named = env.PI_LIVE_MODELS?.split(",").map((name) => name.trim()) ?? [];
  const wanted = named
    .filter((name) => name.includes("/"))
    .map((name) => [name.slice(0, name.indexOf("/")), name.slice(name.indexOf("/") + 1)] as const);
  if (wanted.length > 0)
    return wanted.map(([provider, id]) => ({ name: `${provider}/${id}`, provider, model: registry.find(provider, id) }));
  return Object.keys(vendors).map((provider) => {
    const id = defaultModels.find(([one]) => one === provider)?.[1];
    const model = (id === undefined ? undefined : registry.find(provider, id)) ?? registry.models(provider)[0];
    return { name: `${provider}${model === undefined ? "" : `/${model.id}`}`, provider, model };
  });
}

/** Why a service is not asked, for the name of what is skipped. */
function lack(provider: string, model: Model | undefined): string | undefined {
  const variables = registry.credentialVariables(provider);
  if (!registry.isAvailable(provider) || registry.credentialSource(provider) === "none needed")
    return variables.length === 0 ? "no credential" : `${variables.join(" or ")} is not set`;
  return model === undefined ? "no model in the catalogue" : undefined;
}

const textOf = ({ content }: Answer): string => content.map((block) => (block.type === "text" ? block.text : "")).join("");

describe.each(modelsAsked())("$name", ({ provider, model }) => {
  const missing = lack(provider, model);
  const live = (
    name: string,
    isApplicable: boolean,
    run: (call: (request: Partial<ModelRequest>) => Promise<ModelCall>) => Promise<void>,
  ): void =>
    test.skipIf(missing !== undefined || !isApplicable)(
      missing === undefined ? name : `${name} (${missing})`,
      { timeout: 180_000, retry: 1 },
      () =>
        run(async (request) => {
          if (model === undefined) throw new Error("skipped above");
          const ready = await registry.ready(model);
          const { credential, fetch } = await access(ready);
          return {
            model: ready,
            request: testRequest({ maxTokens: 4096, ...request }),
            credential,
            fetch,
            signal: AbortSignal.timeout(150_000),
          };
        }),
    );
  const ask = async (call: ModelCall): Promise<Answer> => collect((await access(call.model)).provider.stream(call));
  const well = async (call: ModelCall): Promise<Answer> => {
    const answer = await ask(call);
    expect(answer.failure).toBe(undefined);
    return answer;
  };

  live("text, and what it took", true, async (call) => {
    const answer = await well(await call({ messages: [user("Answer with the one word tulip and nothing else.")] }));
    expect(textOf(answer)).toMatch(/tulip/i);
    expect(answer.finish?.stopReason).toBe("stop");
    expect(answer.usage?.input).toBeGreaterThan(0);
    expect(answer.usage?.output).toBeGreaterThan(0);
  });

  live("a tool call, its result, and the answer", true, async (call) => {
    const first = await call({
      tools: [readTool],
      messages: [user("Read the file code.txt with the read tool, then say the word that stands in it.")],
    });
    const answer = await well(first);
    const [called] = answer.content.flatMap((block) => (block.type === "toolCall" ? [block] : []));
    expect(called).toMatchObject({ name: "read", arguments: { path: expect.stringContaining("code.txt") } });
    const result = toolResult(called?.id ?? "", "read", "marigold\n");
    const messages = [...first.request.messages, messageOfAnswer(first.model, answer), result];
    expect(textOf(await well({ ...first, request: { ...first.request, messages } }))).toMatch(/marigold/i);
  });

  live("thinking, and its replay", model?.reasoning === true, async (call) => {
    const first = await call({
      thinkingLevel: "low",
      messages: [user("How many of the numbers from 1 to 30 are prime? Answer with the number.")],
    });
    const answer = await well(first);
    expect(textOf(answer)).toContain("10");
    const messages = [
      ...first.request.messages,
      messageOfAnswer(first.model, answer),
      user("And which is the largest of them? Only the number."),
    ];
    expect(textOf(await well({ ...first, request: { ...first.request, messages } }))).toContain("29");
  });

  live("a picture", model?.input.includes("image") === true, async (call) => {
    const picture = { type: "image", data: solidPicture(128, [255, 0, 0]), mimeType: "image/png" } as const;
    const question = { type: "text", text: "Which colour is this picture? Answer with one word." } as const;
    expect(textOf(await well(await call({ messages: [user([question, picture])] })))).toMatch(/red/i);
  });

  live("an answer after a schema", true, async (call) => {
    const outputSchema = { type: "object", properties: { number: { type: "integer" } }, required: ["number"], additionalProperties: false };
    const systemPrompt = 'Answer with JSON alone, like {"number": 1}.';
    const text = textOf(await well(await call({ outputSchema, systemPrompt, messages: [user("What is 6 times 7?")] })));
    expect(JSON.parse(text.replace(/^```(?:json)?\n|\n```$/g, ""))).toEqual({ number: 42 });
  });

  live("stopped half-way", true, async (call) => {
    const stop = new AbortController();
    const asked = await call({ messages: [user("Count from 1 to 2000, one number a line.")] });
    const events = [];
    const { provider } = await access(asked.model);
    for await (const event of eachEvent(provider.stream({ ...asked, signal: stop.signal }), stop.signal)) {
      events.push(event);
      if (event.type.endsWith("_delta")) stop.abort();
    }
    expect(events.at(-1)).toMatchObject({ type: "failure", failure: { code: "aborted" } });
  });

  live("a wrong key", true, async (call) => {
    const asked = await call({});
    const answer = await ask({ ...asked, credential: { ...asked.credential, value: "sk-this-is-no-key" } });
    expect(answer.failure?.code).toBe("auth");
  });
});
