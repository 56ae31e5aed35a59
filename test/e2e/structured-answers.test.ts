// `--output-schema`: an answer is JSON that fits, or the run has failed; in every format, with a schema mode of the service's own or without.

import { describe, expect } from "vitest";
import { services } from "../support/served.ts";
import type { Script } from "../support/strict/script.ts";
import { answerSteps, callSteps, type Json, recordsOf, test, type World } from "../support/world.ts";

const schema = {
  type: "object",
  properties: { name: { type: "string", minLength: 2 }, count: { type: "integer" } },
  required: ["name", "count"],
  additionalProperties: false,
};
const good = '{"name":"pi","count":3}';
const bad = '{"name":"pi"}';

function schemaFile(world: World, content: unknown = schema): string {
  return world.write("schema.json", typeof content === "string" ? content : JSON.stringify(content));
}

/** Where each format says that the answer has to fit a schema. */
const nativeMode: Record<string, (body: Json) => unknown> = {
  "anthropic-messages": (body) => body.output_config?.format?.schema,
  "openai-completions": (body) => body.response_format?.json_schema?.schema,
  "openai-responses": (body) => body.text?.format?.schema,
  "google-generative-ai": (body) => body.generationConfig?.responseJsonSchema,
};
/** An unknown imitator of chat completions, and Gemini 2 beside tools, take none. */
const withoutMode = ["openai-completions", "google-generative-ai"];

describe.concurrent.each(services)("$format.api", (service) => {
  async function ask(
    world: World,
    scripts: Script[],
    args: string[],
  ): Promise<{ bodies: Json[]; stdout: string; stderr: string; status: number | null }> {
    const server = await world.strict(service.format, scripts);
    world.config(service.toml(server.baseUrl));
    const result = await world.run(["--model", service.model, ...args], { env: service.env(server.baseUrl) });
    expect(server.complaints).toEqual([]);
    return { ...result, bodies: server.requests.map((request) => request.body) };
  }

  test("an answer that fits is printed and nothing else", async ({ world }) => {
    const args = ["-p", "--output-schema", schemaFile(world), "hi"];
    const { stdout, stderr, status, bodies } = await ask(world, [{ say: [{ text: `Here it is:\n\`\`\`json\n${good}\n\`\`\`` }] }], args);
    expect({ stdout, stderr, status }).toEqual({ stdout: `${good}\n`, stderr: "", status: 0 });
    expect(JSON.stringify(bodies[0])).toContain("must be valid against this JSON Schema");
    const native = nativeMode[service.format.api]?.(bodies[0]);
    if (withoutMode.includes(service.format.api)) expect(native).toBeUndefined();
    else expect(native).toMatchObject({ required: ["name", "count"], additionalProperties: false });
  });

  test("one that does not is asked for once more, with what is wrong", async ({ world }) => {
    const args = ["--mode", "json", "--result", "-", "--output-schema", schemaFile(world), "hi"];
    const { stdout, status, bodies } = await ask(world, [{ say: [{ text: bad }] }, { say: [{ text: good }] }], args);
    expect(status).toBe(0);
    const records = recordsOf(stdout);
    expect(records.at(-1)).toMatchObject({ outcome: "done", text: good, value: { name: "pi", count: 3 }, turns: 2 });
    expect(records.filter((record) => record.type === "agent_settled")).toMatchObject([{ outcome: "done" }]);
    expect(bodies).toHaveLength(2);
    expect(JSON.stringify(bodies[1])).toContain("(root) must have required properties count");
  });

  test("a schema that no schema mode can hold is told in words", async ({ world }) => {
    const open = { type: "array", items: { type: "object", additionalProperties: { type: "number" } } };
    const args = ["-p", "--output-schema", schemaFile(world, open), "hi"];
    const { stdout, status, bodies } = await ask(world, [{ say: [{ text: '[{"a":1}]' }] }], args);
    expect({ stdout, status }).toEqual({ stdout: '[{"a":1}]\n', status: 0 });
    if (service.format.api !== "google-generative-ai") expect(nativeMode[service.format.api]?.(bodies[0])).toBeUndefined();
  });
});

describe.concurrent("by a trace", () => {
  test("what still does not fit is an error, and the last event says so too", async ({ world }) => {
    const model = world.trace(answerSteps("no JSON at all"), answerSteps(bad));
    const args = ["--mode", "json", "--result", "-", "--model", model, "--output-schema", schemaFile(world), "hi"];
    const { stdout, stderr, status } = await world.run(args);
    expect(status).toBe(1);
    expect(stderr).toMatch(/does not fit the output schema: \(root\) must have required properties count/);
    const records = recordsOf(stdout);
    expect(records.at(-1)).toMatchObject({ outcome: "error", text: bad, error: { code: "model.invalid_output" } });
    expect(records.at(-1).value).toBeUndefined();
    expect(records.at(-2)).toMatchObject({ type: "agent_settled", outcome: "error" });
    const print = await world.run(["-p", "--model", model, "--output-schema", schemaFile(world), "hi"]);
    expect(print).toMatchObject({ status: 1, stdout: "" });
  });

  test("an empty answer behind a tool call is an error", async ({ world }) => {
    const model = world.trace(callSteps("bash", { command: "echo 3" }), [{ type: "event", event: { type: "finish", stopReason: "stop" } }]);
    const { status, stderr } = await world.run(["-p", "--model", model, "--output-schema", schemaFile(world), "hi"]);
    expect({ status, stderr }).toEqual({ status: 1, stderr: "The model gave an empty answer (Try again, or another model)\n" });
  });

  test("only the last of several prompts has to fit; -c too", async ({ world }) => {
    const model = world.trace(answerSteps("Certainly."), answerSteps(good));
    const file = schemaFile(world);
    expect(await world.run(["-p", "--model", model, "--output-schema", file, "one", "two"])).toMatchObject({
      status: 0,
      stdout: `${good}\n`,
    });
    expect(await world.run(["-p", "--model", world.trace(answerSteps("Plain.")), "one"])).toMatchObject({ status: 0 });
    const on = await world.run(["-c", "-p", "--model", world.trace(answerSteps(good)), "--output-schema", file, "and now?"]);
    expect(on).toMatchObject({ status: 0, stdout: `${good}\n`, stderr: "" });
    const free = await world.run(["-c", "-p", "--model", world.trace(answerSteps("Free again.")), "so?"]);
    expect(free).toMatchObject({ status: 0, stdout: "Free again.\n" });
  });

  test("the round of repair stays within the budget", async ({ world }) => {
    const model = world.trace(answerSteps(bad), answerSteps(good));
    const args = ["-p", "--model", model, "--output-schema", schemaFile(world), "--max-turns", "1", "--result", "-", "hi"];
    const { stdout, status } = await world.run(args);
    expect(status).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({ outcome: "budget", text: bad, turns: 1, error: { code: "budget.turns" } });
  });

  test("RPC mode: the run settles when the answer fits", async ({ world }) => {
    const model = world.trace(answerSteps(bad), answerSteps(good));
    const result = world.write("result.json", "");
    const args = ["--mode", "rpc", "--model", model, "--output-schema", schemaFile(world), "--result", result];
    const { stdout } = await world.run(args, { stdin: { text: '{"type":"prompt","message":"hi"}\n' } });
    expect(recordsOf(stdout).filter((record) => record.type === "agent_settled")).toMatchObject([{ outcome: "done" }]);
    expect(JSON.parse(world.read("result.json"))).toMatchObject({ outcome: "done", value: { name: "pi", count: 3 } });
  });
});

const badSchemas: [string, string, RegExp][] = [
  ["no file", "", /schema\.json: no such file/],
  ["no JSON", "{", /JSON/],
  ["no object", "[]", /holds no JSON Schema object/],
  ["no such type", '{"type":"nonsense"}', /#\/type: a type is one of .*, not "nonsense"/],
  [
    "a wrong place deep inside",
    '{"type":"object","properties":{"a":{"anyOf":[{"required":"x"}]}}}',
    /#\/properties\/a\/anyOf\/0\/required/,
  ],
  ["a pattern that is none", '{"type":"string","pattern":"("}', /#\/pattern: a regular expression/],
  ["a reference to nothing", '{"$ref":"#/$defs/none"}', /#\/\$ref: nothing stands there/],
  ["a reference elsewhere", '{"$ref":"https://example.com/a.json"}', /a reference into this file/],
  ["a circle", '{"$ref":"#"}', /leads back to itself/],
];

describe.concurrent("a schema that is none is refused before any request", () => {
  test.for(badSchemas)("%s", async ([, content, message], { world }) => {
    const file = content === "" ? `${world.cwd}/schema.json` : schemaFile(world, content);
    const { stdout, stderr, status } = await world.run(["-p", "--model", "demo", "--output-schema", file, "hi"]);
    expect({ stdout, status }).toEqual({ stdout: "", status: 2 });
    expect(stderr).toMatch(message);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    expect(world.sessionFiles()).toEqual([]);
  });
});
